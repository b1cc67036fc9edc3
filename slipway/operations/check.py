"""The deploy check, as far as it is the same on every backend: how to check, and what a result holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.errors import ExitStatus


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """How to check.

    Attributes:
        wait_policy: How long to wait for deployments to settle.
        requests: How often each golden sample is sent.
        strict_latency: Whether a latency beyond the objective is a failure, and not a warning.
    """

    wait_policy: WaitPolicy
    requests: int
    strict_latency: bool


class CheckResult(Protocol):
    """Anything that was checked."""

    @property
    def exit_status(self) -> ExitStatus:
        """What it alone would have the command exit with."""
        ...


def overall(checked: Sequence[CheckResult]) -> ExitStatus:
    """The exit status for several services: a failure takes precedence over a timeout."""
    statuses = {service.exit_status for service in checked}
    return next((status for status in (ExitStatus.FAILED, ExitStatus.TIMED_OUT) if status in statuses), ExitStatus.GOOD)
