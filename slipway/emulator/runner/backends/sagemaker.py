"""SageMaker on the embedded AWS: endpoints, their model servers, and calls by AWS clients."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console, RenderableType
from rich.table import Table

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.backends.artifacts import trace
from slipway.emulator.runner.backends.backend import DemoError, NotInServiceError, usage_sample
from slipway.emulator.runner.backends.tables import coloured, table_of
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.golden.samples import Sample
from slipway.operations.sagemaker.service import DeployedSageMakerService


class SageMakerOnEmulator:
    """Real-time endpoints; see `EmulatorBackend` for what each method does."""

    name = "sagemaker"
    way = "boto3's invoke_endpoint"

    def wait_until_in_service(self, workspace: Workspace, steps: ProgressSteps) -> None:
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

    def show_usage(self, workspace: Workspace, services: Sequence[DeployedSageMakerService], console: Console) -> None:
        """By the AWS command line, and by boto3."""
        del workspace
        for service in services:
            sample, path = usage_sample(service)
            console.print("\nsuch as")
            for way in calls(service.endpoint_name, path, sample.content_type):
                console.print(f"\n{textwrap.indent(way, '  ')}", highlight=False, markup=False, soft_wrap=True)

    def show_artifacts(self, running: Running, service: DeployedSageMakerService, console: Console) -> None:
        """The checksums of every variant's artifact."""
        for found in trace(running, service.endpoint_name):
            console.print(f"\n[bold]The model's artifact[/] is {found.url}", highlight=False, soft_wrap=True)
            console.print(f"  packed by the synthesis     sha256 {found.packed}", highlight=False)
            console.print(f"  uploaded, and deployed      sha256 {found.uploaded}", highlight=False)
            console.print(f"  loaded by the model server  sha256 {found.loaded}", highlight=False)
            if not found.is_unchanged:
                raise DemoError(
                    f"The model server of {service.endpoint_name} does not run the artifact that was deployed."
                )
            console.print("  [green]✓[/] the same bytes all the way")

    def invoke(self, workspace: Workspace, service: DeployedSageMakerService, sample: Sample) -> bytes:
        """By boto3, as callers do."""
        runtime = client("sagemaker-runtime", workspace)
        try:
            reply = runtime.invoke_endpoint(
                EndpointName=service.endpoint_name,
                ContentType=sample.content_type,
                Accept=sample.accept,
                Body=sample.request,
            )
        except ClientError as error:
            raise DemoError(f"{service.endpoint_name} did not answer {sample.request_file}: {error}") from error
        return bytes(reply["Body"].read())

    def tables(self, running: Running) -> Iterable[RenderableType]:
        """Endpoints with their variants, and what scales them."""
        sagemaker = client("sagemaker", running.workspace)
        names = [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]]
        yield _endpoints([sagemaker.describe_endpoint(EndpointName=name) for name in names], running.servers())
        yield _scaling(client("application-autoscaling", running.workspace))


def calls(endpoint: str, request: str, content_type: str) -> tuple[str, str]:
    """How to call an endpoint: for a shell, and for Python.

    Args:
        endpoint: The endpoint's name.
        request: The path of a request.
        content_type: Its media type.
    """
    shell = (
        f"aws sagemaker-runtime invoke-endpoint --endpoint-name {endpoint} --content-type {content_type} \\\n"
        f"  --body fileb://{request} /dev/stdout"
    )
    python = (
        "import boto3\n"
        'answer = boto3.client("sagemaker-runtime").invoke_endpoint(\n'
        f'    EndpointName="{endpoint}", ContentType="{content_type}",\n'
        f'    Body=open("{request}", "rb"))\n'
        'print(answer["Body"].read().decode())'
    )
    return shell, python


def _deployed_configurations(workspace: Workspace) -> dict[str, str]:
    """The endpoint configuration that each endpoint should be on, as the stacks' outputs tell it."""
    stacks = client("cloudformation", workspace).describe_stacks()["Stacks"]
    outputs = [{found["OutputKey"]: found["OutputValue"] for found in stack.get("Outputs", [])} for stack in stacks]
    return {
        found["EndpointName"]: found["EndpointConfigName"]
        for found in outputs
        if {"EndpointName", "EndpointConfigName"} <= found.keys()
    }


def _endpoints(endpoints: Iterable[Mapping[str, Any]], servers: Mapping[str, list[dict[str, Any]]]) -> Table:
    table = table_of("Endpoints", "endpoint", "status", "variant", "weight", "instances", "model server")
    for endpoint in endpoints:
        name, status = endpoint["EndpointName"], endpoint["EndpointStatus"]
        running = {server["variant"]: server for server in servers.get(name, [])}
        for variant in endpoint.get("ProductionVariants") or [{}]:
            server = running.get(variant.get("VariantName", ""), {})
            where = f"127.0.0.1:{server['port']}" if server.get("pid") else "down"
            restarts = f", {server['restarts']} restarts" if server.get("restarts") else ""
            table.add_row(
                name,
                coloured(status),
                variant.get("VariantName", ""),
                f"{variant.get('CurrentWeight', '')}",
                f"{variant.get('CurrentInstanceCount', 'serverless')}",
                where + restarts,
            )
        if endpoint.get("FailureReason"):
            table.add_row("", endpoint["FailureReason"])
    return table


def _scaling(autoscaling: Any) -> Table:
    table = table_of("Scaling", "variant", "instances", "policy", "target")
    policies: dict[str, list[dict[str, Any]]] = {}
    for policy in autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]:
        policies.setdefault(policy["ResourceId"], []).append(policy)
    for target in autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        resource = target["ResourceId"]
        for policy in policies.get(resource, [{}]):
            tracked = policy.get("TargetTrackingScalingPolicyConfiguration", {})
            table.add_row(
                resource.removeprefix("endpoint/").replace("/variant/", " / "),
                f"{target['MinCapacity']} to {target['MaxCapacity']}",
                policy.get("PolicyName", "none"),
                f"{tracked.get('TargetValue', '')}",
            )
    return table
