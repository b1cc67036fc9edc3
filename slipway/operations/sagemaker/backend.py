"""SageMaker as a backend of the commands."""

import ssl
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from inference_constructs.config import Environment, Service
from slipway.operations.aws.clients import Aws
from slipway.operations.backend import Compare, Request, Tools
from slipway.operations.console import progress
from slipway.operations.golden.answers import Answer
from slipway.operations.golden.samples import Samples
from slipway.operations.sagemaker.check import CheckedService, check_service
from slipway.operations.sagemaker.invocation import invoke
from slipway.operations.sagemaker.plans import plan_of
from slipway.operations.sagemaker.preflight import preflight
from slipway.operations.sagemaker.reports import print_checked, print_status
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.sagemaker.status import status_of
from slipway.operations.services import DeployedService, Selection
from slipway.operations.templates.assembly import read_template
from slipway.operations.templates.template_values import Resolver


class SageMakerBackend:
    """Real-time endpoints; see `Backend` for what each method does."""

    name = "sagemaker"
    title = "SageMaker"
    entry_type = "AWS::SageMaker::Endpoint"
    pins_archives = False

    def describe(self, service: Service, environment: Environment, *, samples: Path) -> DeployedSageMakerService:
        """An endpoint's name is enough."""
        return DeployedSageMakerService(
            environment=environment.name,
            name=service.name,
            latency_p99_ms=service.objectives.latency_p99_ms,
            samples=samples,
        )

    def entry_point(self, service: DeployedService) -> str:
        """Its endpoint."""
        return f"endpoint {service.full_name}"

    def check(
        self, service: DeployedSageMakerService, samples: Samples, tools: Tools, *, bake: bool
    ) -> list[CheckedService]:
        """Whether the endpoint runs what was deployed, and answers."""
        with progress(tools.progress) as on_progress:
            found = check_service(tools.aws, service, samples, settings=tools.settings, on_progress=on_progress)
        print_checked(tools.console, found)
        if bake:
            said = f"{service.endpoint_name} is on SageMaker, which bakes by itself: there is nothing to watch."
            tools.console.print(said, highlight=False, soft_wrap=True)
        return [found]

    def preflight(
        self, service: DeployedSageMakerService, selection: Selection, templates: Path, resolver: Resolver
    ) -> Compare:
        """What SageMaker would refuse half-way through an update."""
        template = read_template(templates, selection, service.stack_name)
        plan = plan_of(template, service.endpoint_name, resolver)
        return lambda aws: [preflight(aws, service, plan, resolver)]

    def status(self, aws: Aws, services: Sequence[DeployedSageMakerService], console: Console) -> None:
        """A table with a row per variant."""
        print_status(console, [status_of(aws, service) for service in services])

    def invoke(
        self, aws: Aws, service: DeployedSageMakerService, request: Request, *, trusted: ssl.SSLContext
    ) -> Answer:
        """By `InvokeEndpoint`; AWS's own certificates are trusted anyway."""
        del trusted
        return invoke(
            aws,
            service.endpoint_name,
            request.body,
            content_type=request.content_type,
            accept=request.accept,
            variant=request.variant,
        )
