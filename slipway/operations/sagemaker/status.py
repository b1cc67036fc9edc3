"""What runs: endpoint, configuration, variants, scaling and alarms of a service."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.operations.aws.alarms import Alarm, ringing
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import Stack, alarms_of, find_stack
from slipway.operations.sagemaker.endpoints import Endpoint, find_endpoint
from slipway.operations.sagemaker.scaling_targets import Bounds, scaled_variants
from slipway.operations.sagemaker.service import DeployedSageMakerService


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """What of a service runs.

    Attributes:
        service: The service.
        stack: Its stack, None if it was never deployed.
        endpoint: Its endpoint, None if there is none.
        bounds: The bounds of the variants that are scaled automatically, by name.
        alarms: How many alarms its stack holds.
        ringing: Those in ALARM.
    """

    service: DeployedSageMakerService
    stack: Stack | None
    endpoint: Endpoint | None
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    alarms: int = 0
    ringing: tuple[Alarm, ...] = ()

    @property
    def off_course(self) -> bool:
        """Whether the endpoint runs another configuration than the one deployed last."""
        expected = self.stack.config_name if self.stack else None
        return self.endpoint is not None and expected is not None and self.endpoint.config_name != expected


def status_of(aws: Aws, service: DeployedSageMakerService) -> ServiceStatus:
    """Look at a service."""
    stack, endpoint = find_stack(aws, service.stack_name), find_endpoint(aws, service.endpoint_name)
    names = alarms_of(aws, stack) if stack else ()
    variants = [variant.name for variant in endpoint.variants] if endpoint else []
    return ServiceStatus(
        service=service,
        stack=stack,
        endpoint=endpoint,
        bounds=scaled_variants(aws, service.endpoint_name, variants),
        alarms=len(names),
        ringing=ringing(aws, names),
    )
