"""EKS as a backend of the commands."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from inference_constructs.config import Environment, Service, clusters_of
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import find_stack
from slipway.operations.backend import Compare, Request, Tools
from slipway.operations.check import CheckResult
from slipway.operations.console import progress
from slipway.operations.eks.bake import bake as bake_candidate
from slipway.operations.eks.cells import read_cell
from slipway.operations.eks.check import CheckedCell, check_cell
from slipway.operations.eks.load_balancer_client import LoadBalancerClient
from slipway.operations.eks.preflight import preflight_cell
from slipway.operations.eks.reports import print_baked, print_checked, print_status
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.eks.status import status_of_cell
from slipway.operations.golden.answers import Answer, InvocationError
from slipway.operations.golden.samples import Samples
from slipway.operations.services import DeployedService, Selection
from slipway.operations.templates.assembly import read_template
from slipway.operations.templates.template_values import Resolver


class EksBackend:
    """Pods behind load balancers, in every cell; see `Backend` for what each method does."""

    name = "eks"
    title = "EKS"
    entry_type = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    pins_archives = True

    def describe(self, service: Service, environment: Environment, *, samples: Path) -> DeployedEksService:
        """The environment's clusters are the service's cells."""
        clusters = clusters_of(environment)
        rollout = service.rollout or environment.rollout
        authentication = clusters.load_balancer.authentication
        return DeployedEksService(
            environment=environment.name,
            name=service.name,
            latency_p99_ms=service.objectives.latency_p99_ms,
            samples=samples,
            cells=clusters.cells,
            drained_cells=frozenset(clusters.drained_cells),
            strategy=rollout.strategy.value,
            bake_s=rollout.bake_s,
            candidate_step=service.candidate.step if service.candidate else None,
            internal=clusters.load_balancer.scheme == "internal",
            authenticated=authentication is not None and not authentication.anonymous,
        )

    def entry_point(self, service: DeployedService) -> str:
        """A load balancer, whatever the service."""
        del service
        return "load balancer"

    def check(self, service: DeployedEksService, samples: Samples, tools: Tools, *, bake: bool) -> list[CheckResult]:
        """Whether every cell has rolled out and answers; then, for a candidate, whether alarms stay quiet."""
        checked = [self._check_cell(service, number, samples, tools) for number in service.cell_numbers]
        if not bake or any(cell.problems for cell in checked):
            return [*checked]
        cells = [cell.cell for cell in checked if cell.cell is not None]
        poll_s = tools.settings.wait_policy.poll_s
        with progress(tools.progress) as on_progress:
            baked = bake_candidate(tools.aws, service, cells, poll_s=poll_s, on_progress=on_progress)
        print_baked(tools.console, baked)
        return [*checked, baked]

    def _check_cell(self, service: DeployedEksService, number: int, samples: Samples, tools: Tools) -> CheckedCell:
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
        print_checked(tools.console, cell)
        return cell

    def preflight(
        self, service: DeployedEksService, selection: Selection, templates: Path, resolver: Resolver
    ) -> Compare:
        """What would fail requests, in the service's stack and its cluster's, in every cell."""
        read = {
            number: (
                read_template(templates, selection, service.cell_stack_name(number)),
                read_template(templates, selection, service.cluster_stack_name(number)),
            )
            for number in service.cell_numbers
        }
        return lambda aws: [
            preflight_cell(aws, service, number, template=own, cluster_template=cluster, resolver=resolver)
            for number, (own, cluster) in read.items()
        ]

    def status(self, aws: Aws, services: Sequence[DeployedEksService], console: Console) -> None:
        """A table with a row per variant in every cell."""
        cells = [status_of_cell(aws, service, number) for service in services for number in service.cell_numbers]
        print_status(console, cells)

    def invoke(self, aws: Aws, service: DeployedEksService, request: Request, *, trusted: ssl.SSLContext) -> Answer:
        """Through the load balancer of the first cell that gets traffic."""
        number = service.first_cell_with_traffic
        stack = find_stack(aws, service.cell_stack_name(number))
        if stack is None:
            raise InvocationError(f"It is not deployed: there is no stack {service.cell_stack_name(number)}.")
        cell = read_cell(stack, number)
        if request.variant is not None and request.variant not in cell.target_groups:
            names = ", ".join(cell.target_groups)
            raise InvocationError(f"{cell.host} has no variant {request.variant}; it has {names}.")
        with LoadBalancerClient(cell, trusted, internal=service.internal) as client:
            return client.send(
                request.body, content_type=request.content_type, accept=request.accept, variant=request.variant
            )
