"""From nothing to an endpoint that answers: the server process, the bootstrap, the deployment."""

import shutil
import textwrap
import time
from pathlib import Path
from typing import Final

from rich.console import Console

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import CHECKOUT, MINUTE_SECONDS, REGION, Workspace
from slipway.emulator.runner import instance
from slipway.emulator.runner.cdk import Cdk, Synthesis
from slipway.emulator.runner.eks_services import EksService, call, eks_services, not_rolled_out
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import Steps

_ROLLOUT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.3


class NotInServiceError(Exception):
    """An endpoint that was deployed and does not answer."""


def bring_up(workspace: Workspace, steps: Steps, minute_seconds: float = MINUTE_SECONDS) -> Running:
    """Start an embedded AWS and deploy the local environment to it.

    Args:
        workspace: Where it is to be.
        steps: Told how it goes on.
        minute_seconds: How many seconds a minute of a rollout lasts.

    Raises:
        InstanceError: The server process can not be started.
        CdkError: The synthesis, the bootstrap or the deployment failed. The server process goes on running.
        NotInServiceError: An endpoint did not come into service.
    """
    instance.prepare(workspace)
    cdk = Cdk(workspace)
    # The longest step needs nothing of the others, so it begins first.
    with cdk.synthesis() as synthesis:
        with steps.step("Starting the embedded AWS") as step:
            running = instance.start(workspace, progress=step.say, minute_seconds=minute_seconds)
            step.result = f" at {workspace.url}, one process ({running.identity.pid}) on 127.0.0.1"
        _deploy(cdk, synthesis, steps)
    _check_endpoints(workspace, steps)
    return running


def redeploy(running: Running, steps: Steps) -> None:
    """Deploy what has changed to an embedded AWS that runs.

    Raises:
        CdkError: The synthesis or the deployment failed.
        NotInServiceError: An endpoint did not come into service.
    """
    cdk = Cdk(running.workspace)
    with cdk.synthesis() as synthesis:
        _deploy(cdk, synthesis, steps)
    _check_endpoints(running.workspace, steps)


def deploy_assembly(running: Running, assembly: Path, steps: Steps) -> None:
    """Deploy a cloud assembly that was synthesised before.

    Raises:
        CdkError: The deployment failed.
        NotInServiceError: An endpoint did not come into service.
    """
    cdk = Cdk(running.workspace)
    _bootstrap(cdk, steps)
    with steps.step("Deploying with the CDK command line") as step:
        cdk.deploy(step.say, assembly)
    _check_endpoints(running.workspace, steps)


def _deploy(cdk: Cdk, synthesis: Synthesis, steps: Steps) -> None:
    _bootstrap(cdk, steps)
    with steps.step("Synthesising the templates and packing the models") as step:
        seconds = synthesis.wait(step.say)
        step.result = f" (in the background, {seconds:.1f} s in all)"
    with steps.step("Deploying the environment `local` with the CDK command line") as step:
        cdk.deploy(step.say)


def _bootstrap(cdk: Cdk, steps: Steps) -> None:
    if not cdk.is_bootstrapped():
        with steps.step("Bootstrapping its account with the CDK command line") as step:
            cdk.bootstrap(step.say)


def _check_endpoints(workspace: Workspace, steps: Steps) -> None:
    """Look whether every endpoint is on what was deployed; CloudFormation calls a rolled back one a success."""
    sagemaker, wanted = client("sagemaker", workspace), _deployed_configurations(workspace)
    for listed in sagemaker.list_endpoints()["Endpoints"]:
        name, status = listed["EndpointName"], listed["EndpointStatus"]
        if status != "InService":
            raise NotInServiceError(f"The endpoint {name} is {status}.")
        found = sagemaker.describe_endpoint(EndpointName=name)
        if found["EndpointConfigName"] != wanted.get(name, found["EndpointConfigName"]):
            raise NotInServiceError(
                f"The endpoint {name} still runs what it ran before. {found.get('FailureReason', '')}"
            )
        steps.console.print(f"[green]✓[/] The endpoint [bold]{name}[/] is [green]{status}[/]", highlight=False)
    for service in eks_services(workspace):
        _check_service(workspace, service, steps)


def _check_service(workspace: Workspace, service: EksService, steps: Steps) -> None:
    """Look whether a service on EKS answers; CloudFormation has waited for its pods, if it had any to replace."""
    with steps.step(f"Waiting for the pods of {service.name}") as step:
        deadline = time.monotonic() + _ROLLOUT_SECONDS
        while waiting := not_rolled_out(workspace, service):
            if time.monotonic() > deadline:
                raise NotInServiceError(f"The service {service.name} on {service.cluster}: {waiting}")
            step.say(waiting)
            time.sleep(_POLL_SECONDS)
    steps.console.print(
        f"[green]✓[/] The service [bold]{service.name}[/] answers at {service.address}", highlight=False
    )


def _deployed_configurations(workspace: Workspace) -> dict[str, str]:
    """The endpoint configuration that each endpoint should be on, as the stacks' outputs tell it."""
    stacks = client("cloudformation", workspace).describe_stacks()["Stacks"]
    outputs = [{found["OutputKey"]: found["OutputValue"] for found in stack.get("Outputs", [])} for stack in stacks]
    return {
        found["EndpointName"]: found["EndpointConfigName"]
        for found in outputs
        if {"EndpointName", "EndpointConfigName"} <= found.keys()
    }


def show_usage(running: Running, console: Console) -> None:
    """Say how to call what is deployed, and how to stop it."""
    workspace = running.workspace
    services = eks_services(workspace)
    console.print("\n[bold]Call it[/] with any AWS client that is pointed there by")
    console.print(f"\n  {exports(workspace)}", highlight=False, soft_wrap=True)
    for endpoint in client("sagemaker", workspace).list_endpoints()["Endpoints"]:
        console.print("\nsuch as")
        for way in calls(endpoint["EndpointName"]):
            console.print(f"\n{textwrap.indent(way, '  ')}", highlight=False, markup=False, soft_wrap=True)
    for service in services:
        console.print("\nand over HTTPS, through its load balancer,")
        console.print(
            f"\n{textwrap.indent(call(workspace, service), '  ')}", highlight=False, markup=False, soft_wrap=True
        )
    if services:
        console.print("\n[bold]kubectl[/] talks to its cluster after")
        console.print(f"\n  {kubectl_exports(workspace)}", highlight=False, soft_wrap=True)
    console.print("\n[bold]See[/] it with `make status`, deploy a change with `make up`, stop it with `make down`.")
    logs = workspace.log.relative_to(CHECKOUT), (workspace.folder / "logs").relative_to(CHECKOUT)
    console.print(f"Logs: {logs[0]} and {logs[1]}", highlight=False)


def exports(workspace: Workspace) -> str:
    """The line for a shell that points AWS clients at an embedded AWS; SDKs differ in which region they read."""
    return (
        f"export AWS_ENDPOINT_URL={workspace.url} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local "
        f"AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}"
    )


def kubectl_exports(workspace: Workspace) -> str:
    """The line for a shell that points kubectl at the clusters here: the machine's own, or else the cluster's."""
    own = "" if shutil.which("kubectl") else f" PATH=$PATH:{workspace.opt / 'kubectl'}"
    return f"export KUBECONFIG={workspace.kubeconfig} KUBECACHEDIR={workspace.kubectl_cache}{own}"


def calls(endpoint: str) -> tuple[str, str]:
    """How to call an endpoint from the root of the checkout: for a shell, and for Python."""
    sample = f"model_artifacts/{service_of(endpoint)}/samples/benign-patient.request.json"
    shell = (
        f"aws sagemaker-runtime invoke-endpoint --endpoint-name {endpoint} --content-type application/json \\\n"
        f"  --body fileb://{sample} /dev/stdout"
    )
    python = (
        "import boto3\n"
        'answer = boto3.client("sagemaker-runtime").invoke_endpoint(\n'
        f'    EndpointName="{endpoint}", ContentType="application/json",\n'
        f'    Body=open("{sample}", "rb"))\n'
        'print(answer["Body"].read().decode())'
    )
    return shell, python


def service_of(endpoint: str) -> str:
    """The service behind an endpoint of the local environment, which names it `local-{service}`."""
    return endpoint.removeprefix("local-")
