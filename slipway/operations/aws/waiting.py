"""Waits for something on AWS to settle, with progress, until a deadline."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from slipway.operations.errors import TimedOutError

T = TypeVar("T")

#: Told, in a few words, what is being done.
ProgressCallback = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class WaitPolicy:
    """How long, and how often to look.

    Attributes:
        until: When to give up, on the clock of `time.monotonic`.
        poll_s: Seconds between two looks.
        sleep: Passes the time.
    """

    until: float
    poll_s: float
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, minutes: float, *, poll_s: float) -> "WaitPolicy":
        """WaitPolicy for so many minutes from now."""
        return cls(until=time.monotonic() + minutes * 60, poll_s=poll_s)


def wait_until(
    look: Callable[[], T],
    *,
    settled: Callable[[T], bool],
    describe: Callable[[T], str],
    on_progress: Callable[[str], None],
    wait_policy: WaitPolicy,
) -> T:
    """Look until what is seen has settled.

    It is looked at once in any case, and once more after a deadline that passes during a pause.

    Args:
        look: Asks AWS.
        settled: Whether what was seen is final.
        describe: Says what was seen.
        on_progress: Told that, after every look that was not the last.
        wait_policy: How long and how often.

    Raises:
        TimedOutError: It has not settled in time; the text ends with what was seen last.
    """

    def tell_last(state: RetryCallState) -> None:
        if state.outcome:
            on_progress(f"waiting: {describe(state.outcome.result())}")

    looking = Retrying(
        retry=retry_if_result(lambda seen: not settled(seen)),
        wait=wait_fixed(wait_policy.poll_s),
        stop=stop_after_delay(max(0.0, wait_policy.until - time.monotonic())),
        before_sleep=tell_last,
        sleep=wait_policy.sleep,
    )
    try:
        return looking(look)
    except RetryError as error:
        seen = describe(error.last_attempt.result())
        raise TimedOutError(f"It took too long: {seen}.") from error
