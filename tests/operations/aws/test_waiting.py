import time
from collections.abc import Callable

import pytest

from slipway.operations.aws.waiting import WaitPolicy, wait_until
from slipway.operations.errors import TimedOutError


def wait(seen: list[str], *, minutes: float, told: list[str], sleep: Callable[[float], None] = lambda _: None) -> str:
    states = iter(seen)
    wait_policy = WaitPolicy(until=time.monotonic() + minutes * 60, poll_s=15, sleep=sleep)
    return wait_until(
        lambda: next(states),
        settled=lambda state: state == "InService",
        describe=lambda state: f"it is {state}",
        on_progress=told.append,
        wait_policy=wait_policy,
    )


def test_it_looks_until_what_it_sees_has_settled() -> None:
    told: list[str] = []
    pauses: list[float] = []
    assert (
        wait(["Creating", "Updating", "InService", "never"], minutes=5, told=told, sleep=pauses.append) == "InService"
    )
    assert told == ["waiting: it is Creating", "waiting: it is Updating"]
    assert pauses == [15, 15]


def test_without_time_it_looks_once() -> None:
    told: list[str] = []
    assert wait(["InService"], minutes=0, told=told) == "InService"
    with pytest.raises(TimedOutError, match="It took too long: it is Creating"):
        wait(["Creating", "InService"], minutes=0, told=told)
    with pytest.raises(TimedOutError):
        wait(["Creating", "InService"], minutes=-1, told=told)
    assert told == []


def test_the_deadline_passes_during_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    told: list[str] = []
    with pytest.raises(TimedOutError, match="it is third"):
        wait(["first", "second", "third", "InService"], minutes=0.5, told=told, sleep=sleep)
    assert told == ["waiting: it is first", "waiting: it is second"]
