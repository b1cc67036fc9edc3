"""The demonstration: a model goes from its folder to a real prediction, and nothing is left behind."""

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from typing import Final

import httpx
from rich.console import Console

from slipway.emulator.common.environment import client
from slipway.emulator.common.processes import free_port
from slipway.emulator.common.workspace import STATE, Workspace
from slipway.emulator.runner import instance
from slipway.emulator.runner.cdk import CdkError
from slipway.emulator.runner.deployment import NotInServiceError, bring_up, service_of
from slipway.emulator.runner.eks_services import EksService, eks_services, folder_of, invoke
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.inventory import tables
from slipway.emulator.runner.samples import samples
from slipway.emulator.runner.steps import Steps

FAILED_LOG: Final = STATE / "demo-failed.log"
_SHOWN: Final = 100


class DemoError(Exception):
    """The demonstration did not show what it is there to show."""


@dataclasses.dataclass(frozen=True)
class Trace:
    """One artifact on its way from the packer to the model server, by checksum.

    Attributes:
        packed: Of the file in the cloud assembly.
        uploaded: Of the object in S3.
        loaded: Of what the model server fetched.
        url: The object's address, as the deployed Model names it.
    """

    packed: str
    uploaded: str
    loaded: str
    url: str


def run(console: Console) -> None:
    """Deploy, predict, show, and clean up, on a port and in a folder of its own.

    Raises:
        DemoError: A prediction or an artifact is not the one expected.
    """
    workspace = Workspace(port=free_port(), folder=STATE / f"demo-{os.getpid()}")
    steps = Steps(console)
    try:
        running = bring_up(workspace, steps)
        for endpoint in client("sagemaker", workspace).list_endpoints()["Endpoints"]:
            _show_artifacts(running, endpoint["EndpointName"], console)
            _predict(running, endpoint["EndpointName"], console)
        for service in eks_services(workspace):
            _ask_both(running, service, console)
        for table in tables(running):
            console.print()
            console.print(table)
    except (CdkError, NotInServiceError, DemoError):
        # The folder goes away, and the reason with it.
        shutil.copyfile(workspace.log, FAILED_LOG)
        raise
    finally:
        with steps.step("Stopping everything again"):
            instance.stop(workspace.folder)
            shutil.rmtree(workspace.folder, ignore_errors=True)
    console.print(
        f"\nDone in {steps.seconds:.0f} s. [bold]make up[/] does the same and keeps it running until ", end=""
    )
    console.print("[bold]make down[/].")


def trace(running: Running, endpoint: str) -> Iterator[Trace]:
    """Follow the artifact of every variant of an endpoint."""
    s3 = client("s3", running.workspace)
    for server in running.servers()[endpoint]:
        url = server["artifact"]
        bucket, _, key = url.removeprefix("s3://").partition("/")
        stored = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        packed = _packed(running.workspace, key)
        yield Trace(packed=packed, uploaded=hashlib.sha256(stored).hexdigest(), loaded=server["sha256"], url=url)


def _packed(workspace: Workspace, key: str) -> str:
    """The checksum of the file that the cloud assembly uploads under this key."""
    for manifest in workspace.assembly.rglob("*.assets.json"):
        for asset in json.loads(manifest.read_text())["files"].values():
            if any(destination["objectKey"] == key for destination in asset["destinations"].values()):
                return hashlib.sha256((manifest.parent / asset["source"]["path"]).read_bytes()).hexdigest()
    raise DemoError(f"No asset of the cloud assembly is uploaded as {key}.")


def _show_artifacts(running: Running, endpoint: str, console: Console) -> None:
    for found in trace(running, endpoint):
        console.print(f"\n[bold]The model's artifact[/] is {found.url}", highlight=False, soft_wrap=True)
        console.print(f"  packed by the synthesis     sha256 {found.packed}", highlight=False)
        console.print(f"  uploaded, and deployed      sha256 {found.uploaded}", highlight=False)
        console.print(f"  loaded by the model server  sha256 {found.loaded}", highlight=False)
        if len({found.packed, found.uploaded, found.loaded}) != 1:
            raise DemoError(f"The model server of {endpoint} does not run the artifact that was deployed.")
        console.print("  [green]✓[/] the same bytes all the way")


def _ask_both(running: Running, service: EksService, console: Console) -> None:
    """Send every golden sample to a service on EKS, and to the one on SageMaker that is made of the same folder."""
    folder = folder_of(service.name)
    runtime = client("sagemaker-runtime", running.workspace)
    console.print(f"\n[bold]The same model on EKS[/]: {service.name}, through its load balancer at {service.address}")
    for sample in samples(folder):
        reply = invoke(running.workspace, service, sample.request, sample.content_type)
        if reply.status_code != httpx.codes.OK:
            raise DemoError(f"{service.name} answered {reply.status_code} to {sample.name}: {reply.text.strip()}")
        other = runtime.invoke_endpoint(
            EndpointName=f"local-{folder}",
            ContentType=sample.content_type,
            Accept=sample.content_type,
            Body=sample.request,
        )["Body"].read()
        if reply.content != other or not sample.matches(reply.content):
            raise DemoError(
                f"For {sample.name} EKS answered {reply.text.strip()}, SageMaker {other.decode().strip()}, and "
                f"{sample.response.decode().strip()} was expected."
            )
        console.print(f"  [green]✓[/] {sample.path.name}: both backends answer as expected, byte for byte the same")


def _predict(running: Running, endpoint: str, console: Console) -> None:
    sample = next((s for s in samples(service_of(endpoint)) if s.content_type == "application/json"), None)
    if sample is None:
        raise DemoError(f"There is no JSON sample for the endpoint {endpoint}.")
    reply = client("sagemaker-runtime", running.workspace).invoke_endpoint(
        EndpointName=endpoint, ContentType=sample.content_type, Accept=sample.content_type, Body=sample.request
    )
    answer = reply["Body"].read()
    console.print(f"\n[bold]A prediction[/] by boto3's invoke_endpoint for the record `{sample.name}`:")
    shown = " ".join(sample.request.decode().split())
    console.print(f"  request   {shown[:_SHOWN]} …", markup=False, highlight=False, soft_wrap=True)
    console.print(f"  response  {answer.decode().strip()}", markup=False, highlight=False, soft_wrap=True)
    if not sample.matches(answer):
        raise DemoError(f"{sample.response.decode().strip()} was expected.")
    console.print("  [green]✓[/] exactly the answer that the model's golden sample expects")
