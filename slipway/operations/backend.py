"""What each command does on the backend of a service: the one place where the two part."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import find_stack
from slipway.operations.check import CheckResult, CheckSettings
from slipway.operations.console import progress
from slipway.operations.eks import reports as eks_reports
from slipway.operations.eks.bake import bake as bake_candidate
from slipway.operations.eks.cells import read_cell
from slipway.operations.eks.check import check_cell
from slipway.operations.eks.load_balancer_client import LoadBalancerClient
from slipway.operations.eks.preflight import preflight_cell
from slipway.operations.eks.status import status_of_cell
from slipway.operations.golden.answers import Answer, InvocationError
from slipway.operations.golden.samples import Samples
from slipway.operations.sagemaker import reports
from slipway.operations.sagemaker.check import check_service
from slipway.operations.sagemaker.invocation import invoke
from slipway.operations.sagemaker.plans import plan_of
from slipway.operations.sagemaker.preflight import preflight
from slipway.operations.sagemaker.status import status_of
from slipway.operations.services import DeployedService, OnEks, Selection
from slipway.operations.templates.assembly import read_template
from slipway.operations.templates.template_values import Resolver


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What the check of a service needs besides the service.

    Attributes:
        aws: The clients.
        settings: How to check.
        trusted: What load balancers' certificates have to be signed by.
        console: Where results go.
        progress: Where it is told what is being done.
    """

    aws: Aws
    settings: CheckSettings
    trusted: ssl.SSLContext
    console: Console
    progress: Console


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a person.

    Attributes:
        body: The request.
        content_type: Its media type.
        accept: The media type wanted for the answer, None for the model's choice.
        variant: The variant, or fleet, to answer, None for any by weight.
    """

    body: bytes
    content_type: str
    accept: str | None
    variant: str | None


def check_and_print(service: DeployedService, samples: Samples, tools: Tools, *, bake: bool) -> list[CheckResult]:
    """Check a service, print what came of it, and return that."""
    if service.eks is None:
        with progress(tools.progress) as on_progress:
            found = check_service(tools.aws, service, samples, settings=tools.settings, on_progress=on_progress)
        reports.print_checked(tools.console, found)
        if bake:
            said = f"{service.endpoint_name} is on SageMaker, which bakes by itself: there is nothing to watch."
            tools.console.print(said, highlight=False, soft_wrap=True)
        return [found]
    checked = []
    for number in range(1, service.eks.cells + 1):
        with progress(tools.progress) as on_progress:
            cell = check_cell(
                tools.aws,
                service,
                number,
                samples,
                settings=tools.settings,
                trusted=tools.trusted,
                on_progress=on_progress,
            )
        eks_reports.print_checked(tools.console, cell)
        checked.append(cell)
    if not bake or any(cell.problems for cell in checked):
        return [*checked]
    cells = [cell.cell for cell in checked if cell.cell is not None]
    with progress(tools.progress) as on_progress:
        baked = bake_candidate(
            tools.aws, service, cells, poll_s=tools.settings.wait_policy.poll_s, on_progress=on_progress
        )
    eks_reports.print_baked(tools.console, baked)
    return [*checked, baked]


def preflight_plan(
    templates: Path, selection: Selection, service: DeployedService, resolver: Resolver
) -> Callable[[Aws], Callable[[Console], bool]]:
    """Read a service's templates, before AWS is asked anything.

    Returns:
        What compares them with what is live, which returns what prints that, and says whether nothing is in the way.

    Raises:
        WrongUsageError: A template is missing, or is not what it should be.
    """
    if service.eks is None:
        plan = plan_of(read_template(templates, selection, service.stack_name), service.endpoint_name, resolver)

        def compare(aws: Aws) -> Callable[[Console], bool]:
            found = preflight(aws, service, plan, resolver)

            def show(console: Console) -> bool:
                reports.print_preflight(console, found)
                return not found.refusals

            return show

        return compare
    read = {
        number: (
            read_template(templates, selection, service.cell_stack_name(number)),
            read_template(templates, selection, service.cluster_stack_name(number)),
        )
        for number in range(1, service.eks.cells + 1)
    }

    def compare_cells(aws: Aws) -> Callable[[Console], bool]:
        found = [
            preflight_cell(aws, service, number, template=own, cluster_template=cluster, resolver=resolver)
            for number, (own, cluster) in read.items()
        ]

        def show(console: Console) -> bool:
            for one in found:
                eks_reports.print_preflight(console, one)
            return not any(one.refusals for one in found)

        return show

    return compare_cells


def send_once(aws: Aws, service: DeployedService, request: Request, *, trusted: ssl.SSLContext) -> Answer:
    """Send one request; on EKS to the first cell that gets traffic, through its load balancer.

    Raises:
        InvocationError: It was not answered with a prediction.
        AwsAccessError: The load balancer cannot be reached from here.
    """
    if service.eks is None:
        return invoke(
            aws,
            service.endpoint_name,
            request.body,
            content_type=request.content_type,
            accept=request.accept,
            variant=request.variant,
        )
    number = _first_with_traffic(service.eks)
    stack = find_stack(aws, service.cell_stack_name(number))
    if stack is None:
        raise InvocationError(f"It is not deployed: there is no stack {service.cell_stack_name(number)}.")
    cell = read_cell(stack, number)
    if request.variant is not None and request.variant not in cell.target_groups:
        names = ", ".join(cell.target_groups)
        raise InvocationError(f"{cell.host} has no fleet {request.variant}; it has {names}.")
    with LoadBalancerClient(cell, trusted, internal=service.eks.internal) as client:
        return client.send(
            request.body, content_type=request.content_type, accept=request.accept, fleet=request.variant
        )


def print_all_statuses(console: Console, aws: Aws, services: Sequence[DeployedService]) -> None:
    """Look at services, and print a table per backend."""
    found = [status_of(aws, service) for service in services if service.eks is None]
    cells = [
        status_of_cell(aws, service, number)
        for service in services
        if service.eks is not None
        for number in range(1, service.eks.cells + 1)
    ]
    if found:
        reports.print_status(console, found)
    if cells:
        eks_reports.print_status(console, cells)


def _first_with_traffic(eks: OnEks) -> int:
    return next(number for number in range(1, eks.cells + 1) if number not in eks.drained_cells)
