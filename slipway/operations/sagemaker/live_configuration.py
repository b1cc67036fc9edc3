"""Whether what runs is what was deployed: CloudFormation may report success although SageMaker rolled back."""

from collections.abc import Iterator
from dataclasses import dataclass

from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stack_status import alarms_that_rang, problems_of_stack, wait_for_stack
from slipway.operations.aws.stacks import Stack, alarms_of, story_of
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy, wait_until
from slipway.operations.errors import TimedOutError
from slipway.operations.sagemaker.endpoints import Endpoint, find_endpoint, progress_of
from slipway.operations.sagemaker.service import DeployedSageMakerService


@dataclass(frozen=True, kw_only=True)
class LiveConfiguration:
    """What a service's endpoint runs, and why that is not what was deployed, if it is not.

    Attributes:
        endpoint: The endpoint, None if there is none or it was not looked at.
        problems: What is wrong, a sentence each.
        timed_out: Whether the problem is that it took too long.
    """

    endpoint: Endpoint | None = None
    problems: tuple[str, ...] = ()
    timed_out: bool = False


def check_configuration(
    aws: Aws, service: DeployedSageMakerService, *, wait_policy: WaitPolicy, on_progress: ProgressCallback
) -> LiveConfiguration:
    """Wait until a service's stack and endpoint have settled, and compare them.

    Args:
        aws: The clients.
        service: The service.
        wait_policy: How long to wait.
        on_progress: Told what is waited for.
    """
    try:
        stack = wait_for_stack(aws, service.stack_name, wait_policy=wait_policy, on_progress=on_progress)
        problems = tuple(_problems_of_stack(aws, service, stack))
        if problems or stack is None:
            return LiveConfiguration(problems=problems)
        endpoint = wait_until(
            lambda: find_endpoint(aws, service.endpoint_name),
            settled=lambda endpoint: endpoint is None or endpoint.settled,
            describe=lambda endpoint: f"the endpoint {service.endpoint_name} is {progress_of(endpoint)}",
            on_progress=on_progress,
            wait_policy=wait_policy,
        )
    except TimedOutError as error:
        return LiveConfiguration(problems=(str(error),), timed_out=True)
    if endpoint is None:
        return LiveConfiguration(
            problems=(f"The stack {stack.name} is {stack.status}, but there is no endpoint {service.endpoint_name}.",)
        )
    return LiveConfiguration(endpoint=endpoint, problems=tuple(_problems_of_endpoint(aws, stack, endpoint)))


def _problems_of_stack(aws: Aws, service: DeployedSageMakerService, stack: Stack | None) -> Iterator[str]:
    """What is wrong with a stack that has settled; nothing if it says what to expect of the endpoint."""
    yield from problems_of_stack(aws, service.stack_name, stack)
    if stack is not None and stack.good and stack.config_name is None:
        yield f"The stack {stack.name} has no output EndpointConfigName, so what should be live is not known."


def _problems_of_endpoint(aws: Aws, stack: Stack, endpoint: Endpoint) -> Iterator[str]:
    """What is wrong with an endpoint that has settled, after a deployment that CloudFormation calls good."""
    reason = f" SageMaker's reason: {endpoint.failure_reason}" if endpoint.failure_reason else ""
    if not endpoint.in_service:
        yield f"The endpoint {endpoint.name} is {endpoint.status} on {endpoint.config_name}.{reason}"
    elif endpoint.config_name != stack.config_name:
        yield (
            f"SageMaker rolled back, though CloudFormation says {stack.status}: {stack.config_name} was deployed, and"
            f" {endpoint.name} runs {endpoint.config_name}.{reason or ' SageMaker gives no reason.'}"
        )
        yield from alarms_that_rang(
            aws, lambda: endpoint.rollback_alarms or alarms_of(aws, stack), story_of(aws, stack)
        )
    else:
        for variant in endpoint.variants:
            if variant.short_of_instances:
                yield f"Variant {variant.name} has {variant.instances or 0} of {variant.desired_instances} instances."
