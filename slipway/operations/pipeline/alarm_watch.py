"""Watches the alarms of an environment for some time after a deployment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from slipway.operations.aws.alarms import Alarm, described, ringing, rung_since
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import alarms_of, find_stack
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy, wait_until
from slipway.operations.errors import ExitStatus
from slipway.operations.services import Selection

if TYPE_CHECKING:
    from collections.abc import Callable

#: Alarms that only scale something go off whenever they do their work.
_SCALING: Final = ":autoscaling:"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How to watch.

    Attributes:
        seconds: For how long.
        poll_s: Seconds between two looks.
        sleep: Passes the time.
        clock: Seconds that passed, from any moment.
        now: The time of day.
    """

    seconds: float
    poll_s: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the watch came to.

    Attributes:
        environment: The environment's name.
        alarms: How many alarms were watched.
        problems: Why the deployment should not go on, a sentence each.
    """

    environment: str
    alarms: int
    problems: tuple[str, ...] = ()

    @property
    def exit_status(self) -> ExitStatus:
        """What the command exits with."""
        return ExitStatus.FAILED if self.problems else ExitStatus.GOOD


def stacks_of(selection: Selection) -> tuple[str, ...]:
    """The stacks of an environment that hold alarms: those of its services, and what these run on."""
    return tuple(dict.fromkeys(name for service in selection.services for name in service.stack_names))


def watch(aws: Aws, selection: Selection, how: Watch, *, on_progress: ProgressCallback) -> Watched:
    """Watch the alarms of an environment until one goes off or the time has passed.

    An alarm that rings when the watch begins counts: what it tells is true of the environment now. One that rang
    between two looks and is quiet again counts too.

    Args:
        aws: The clients.
        selection: The environment and its services.
        how: For how long.
        on_progress: Told how far it is.
    """
    environment = selection.environment
    missing, names = _alarms(aws, stacks_of(selection))
    if missing:
        sentence = f"It is not deployed: there is no stack {', '.join(missing)}."
        return Watched(environment=environment, alarms=len(names), problems=(sentence,))
    if not names:
        sentence = f"{environment} has no alarm, so nothing would show that the deployment does harm."
        return Watched(environment=environment, alarms=0, problems=(sentence,))
    began, since = how.clock(), how.now()

    def describe(found: tuple[Alarm, ...]) -> str:
        passed = (how.clock() - began) / 60
        return (
            f"watching {environment}: minute {passed:.0f} of {how.seconds / 60:g},"
            f" {len(found)} of {len(names)} alarms in ALARM"
        )

    found = wait_until(
        lambda: ringing(aws, names),
        settled=lambda found: bool(found) or how.clock() - began >= how.seconds,
        describe=describe,
        on_progress=on_progress,
        # The end is in `settled`; the deadline only has to come after it.
        wait_policy=WaitPolicy(
            until=time.monotonic() + how.seconds + 10 * how.poll_s + 3600, poll_s=how.poll_s, sleep=how.sleep
        ),
    )
    rang = found or rung_since(aws, names, since)
    return Watched(environment=environment, alarms=len(names), problems=tuple(_problems(rang)))


def _alarms(aws: Aws, stacks: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The stacks that are not there, and the names of the alarms that the others hold."""
    missing: list[str] = []
    names: list[str] = []
    for name in stacks:
        stack = find_stack(aws, name)
        if stack is None:
            missing.append(name)
        else:
            names += alarms_of(aws, stack)
    return tuple(missing), tuple(_without_scaling(aws, names))


def _without_scaling(aws: Aws, names: Sequence[str]) -> Iterator[str]:
    for alarm in described(aws, names):
        actions = alarm.get("AlarmActions", [])
        if not actions or not all(_SCALING in action for action in actions):
            yield alarm["AlarmName"]


def _problems(rang: Sequence[Alarm]) -> Iterator[str]:
    for alarm in rang:
        yield f"The alarm {alarm}{f' {alarm.description}' if alarm.description else ''}"
