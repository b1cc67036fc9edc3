"""EKS on the embedded AWS: pods, load balancers, and calls over HTTPS."""

import shutil
import textwrap
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import httpx
from rich.console import Console, RenderableType
from rich.table import Table

from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.backends.backend import DemoError, NotInServiceError, shown_path, usage_sample
from slipway.emulator.runner.backends.eks_services import EksService, eks_services, invoke, not_rolled_out
from slipway.emulator.runner.backends.tables import coloured, table_of
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.golden.samples import Sample

_ROLLOUT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.3


class EksOnEmulator:
    """Pods behind load balancers; see `EmulatorBackend` for what each method does."""

    name = "eks"
    way = "HTTPS, through its load balancer,"

    def wait_until_in_service(self, workspace: Workspace, steps: ProgressSteps) -> None:
        """Wait for pods; CloudFormation has done so already, if it had any to replace."""
        for service in eks_services(workspace):
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

    def show_usage(self, workspace: Workspace, services: Sequence[DeployedEksService], console: Console) -> None:
        """By curl, and by kubectl."""
        for service in services:
            sample, path = usage_sample(service)
            way = call(workspace, _first(workspace, service), path, sample.content_type)
            console.print("\nand over HTTPS, through its load balancer,")
            console.print(f"\n{textwrap.indent(way, '  ')}", highlight=False, markup=False, soft_wrap=True)
        if services:
            console.print("\n[bold]kubectl[/] talks to its cluster after")
            console.print(f"\n  {kubectl_exports(workspace)}", highlight=False, soft_wrap=True)

    def show_artifacts(self, running: Running, service: DeployedEksService, console: Console) -> None:
        """Nothing: a pod's first container fails unless the model has the checksum that was deployed."""
        del running, service, console

    def invoke(self, workspace: Workspace, service: DeployedEksService, sample: Sample) -> bytes:
        """Through the load balancer of the first cell."""
        live = _first(workspace, service)
        reply = invoke(workspace, live, sample.request, sample.content_type, headers={"Accept": sample.accept})
        if reply.status_code != httpx.codes.OK:
            said = reply.text.strip()
            raise DemoError(f"{service.name} answered {reply.status_code} to {sample.request_file}: {said}")
        return reply.content

    def tables(self, running: Running) -> Iterable[RenderableType]:
        """Pods with their load balancers."""
        status = running.status()
        if status["clusters"]:
            yield _pods(status["clusters"])
            yield _load_balancers(status["load_balancers"])


def call(workspace: Workspace, service: EksService, request: str, content_type: str) -> str:
    """How to call a service with curl.

    Args:
        workspace: The embedded AWS.
        service: The service.
        request: The path of a request.
        content_type: Its media type.
    """
    return (
        f"curl --cacert {shown_path(workspace.certificate_authority)} \\\n"
        f"  --connect-to {service.host}:443:{service.address} https://{service.host}/invocations \\\n"
        f"  --header 'Content-Type: {content_type}' --data-binary @{request}"
    )


def kubectl_exports(workspace: Workspace) -> str:
    """The line for a shell that points kubectl at the clusters here: the machine's own, or else the cluster's."""
    own = "" if shutil.which("kubectl") else f" PATH=$PATH:{workspace.opt / 'kubectl'}"
    return f"export KUBECONFIG={workspace.kubeconfig} KUBECACHEDIR={workspace.kubectl_cache}{own}"


def _first(workspace: Workspace, service: DeployedEksService) -> EksService:
    """A service as its first cell has it."""
    found = next((each for each in eks_services(workspace) if each.name == service.name), None)
    if found is None:
        raise NotInServiceError(f"The service {service.name} is not deployed.")
    return found


def _pods(clusters: Iterable[Mapping[str, Any]]) -> Table:
    table = table_of("Pods", "cluster", "namespace", "pod", "status", "process")
    for cluster in clusters:
        for pod in cluster["pods"]:
            where = f"127.0.0.1:{pod['port']}" if pod["pid"] else "down"
            restarts = f", {pod['restarts']} restarts" if pod["restarts"] else ""
            name, namespace = pod["name"], pod["namespace"]
            table.add_row(cluster["name"], namespace, name, coloured(pod["status"]), where + restarts)
    return table


def _load_balancers(balancers: Iterable[Mapping[str, Any]]) -> Table:
    table = table_of("Load balancers", "load balancer", "address", "pod", "state")
    for balancer in balancers:
        targets = [target for group in balancer["target_groups"] for target in group["targets"]] or [{}]
        for target in targets:
            state = coloured(target.get("state", "no target"))
            table.add_row(balancer["name"], balancer["address"], target.get("pod", ""), state)
    return table
