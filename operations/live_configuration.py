"""Whether what runs is what was deployed: CloudFormation may report success although SageMaker rolled back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from operations.live.alarms import rung_since
from operations.live.aws import Aws, sentence_for
from operations.live.deployments import Stack, Story, alarms_of, find_stack, story_of
from operations.live.endpoints import Endpoint, find_endpoint, progress_of
from operations.live.waiting import Patience, wait_until
from operations.outcomes import TimedOutError
from operations.services import DeployedService

Tell = Callable[[str], None]


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


def check_configuration(aws: Aws, service: DeployedService, *, patience: Patience, tell: Tell) -> LiveConfiguration:
    """Wait until a service's stack and endpoint have settled, and compare them.

    Args:
        aws: The clients.
        service: The service.
        patience: How long to wait.
        tell: Told what is waited for.
    """
    try:
        stack = wait_until(
            lambda: find_stack(aws, service.stack_name),
            settled=lambda stack: stack is None or stack.settled,
            describe=lambda stack: f"the stack {service.stack_name} is {stack.status if stack else 'missing'}",
            tell=tell,
            patience=patience,
        )
        problems = tuple(_problems_of_stack(aws, service, stack))
        if problems or stack is None:
            return LiveConfiguration(problems=problems)
        endpoint = wait_until(
            lambda: find_endpoint(aws, service.endpoint_name),
            settled=lambda endpoint: endpoint is None or endpoint.settled,
            describe=lambda endpoint: f"the endpoint {service.endpoint_name} is {progress_of(endpoint)}",
            tell=tell,
            patience=patience,
        )
    except TimedOutError as error:
        return LiveConfiguration(problems=(str(error),), timed_out=True)
    if endpoint is None:
        return LiveConfiguration(
            problems=(f"The stack {stack.name} is {stack.status}, but there is no endpoint {service.endpoint_name}.",)
        )
    return LiveConfiguration(endpoint=endpoint, problems=tuple(_problems_of_endpoint(aws, stack, endpoint)))


def _problems_of_stack(aws: Aws, service: DeployedService, stack: Stack | None) -> Iterator[str]:
    """What is wrong with a stack that has settled; nothing if it says what to expect of the endpoint."""
    if stack is None:
        yield f"It is not deployed: there is no stack {service.stack_name}."
    elif not stack.good:
        story = story_of(aws, stack)
        yield f"The stack {stack.name} is {stack.status}: {story.first_failure or 'CloudFormation gives no reason.'}"
        yield from _alarms(aws, lambda: alarms_of(aws, stack), story)
    elif stack.config_name is None:
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
        yield from _alarms(aws, lambda: endpoint.rollback_alarms or alarms_of(aws, stack), story_of(aws, stack))
    else:
        for variant in endpoint.variants:
            if variant.short_of_instances:
                yield f"Variant {variant.name} has {variant.instances or 0} of {variant.desired_instances} instances."


def _alarms(aws: Aws, names: Callable[[], Sequence[str]], story: Story) -> Iterator[str]:
    """The alarms that rang since the deployment began. Not to be allowed to read them must not hide what went wrong."""
    try:
        for alarm in rung_since(aws, names(), story.began):
            yield f"The alarm {alarm}"
    except ClientError as error:
        yield f"Whether an alarm rang is not known: {sentence_for(error)}"
