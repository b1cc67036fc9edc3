"""Whether the last deployment of a stack is over, and what went wrong with it if something did."""

from collections.abc import Callable, Iterator, Sequence

from botocore.exceptions import ClientError

from slipway.operations.aws.alarms import rung_since
from slipway.operations.aws.clients import Aws, sentence_for
from slipway.operations.aws.stacks import Stack, Story, alarms_of, find_stack, story_of
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy, wait_until


def wait_for_stack(aws: Aws, name: str, *, wait_policy: WaitPolicy, on_progress: ProgressCallback) -> Stack | None:
    """Wait until no deployment of a stack is under way; None if there is no such stack.

    Raises:
        TimedOutError: One still is.
    """
    return wait_until(
        lambda: find_stack(aws, name),
        settled=lambda stack: stack is None or stack.settled,
        describe=lambda stack: f"the stack {name} is {stack.status if stack else 'missing'}",
        on_progress=on_progress,
        wait_policy=wait_policy,
    )


def problems_of_stack(aws: Aws, name: str, stack: Stack | None) -> Iterator[str]:
    """What is wrong with a stack that has settled, as far as CloudFormation knows; a sentence each."""
    if stack is None:
        yield f"It is not deployed: there is no stack {name}."
    elif not stack.good:
        story = story_of(aws, stack)
        yield f"The stack {stack.name} is {stack.status}: {story.first_failure or 'CloudFormation gives no reason.'}"
        yield from alarms_that_rang(aws, lambda: alarms_of(aws, stack), story)


def alarms_that_rang(aws: Aws, names: Callable[[], Sequence[str]], story: Story) -> Iterator[str]:
    """The alarms that went off since the deployment began. A missing permission must not hide what went wrong."""
    try:
        for alarm in rung_since(aws, names(), story.began):
            yield f"The alarm {alarm}"
    except ClientError as error:
        yield f"Whether an alarm went off is not known: {sentence_for(error)}"
