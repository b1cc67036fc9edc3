"""Watches the alarms of a service while a candidate gets traffic: what SageMaker does by itself, EKS leaves to us."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from slipway.operations.aws.alarms import Alarm, ringing
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import alarms_of
from slipway.operations.aws.waiting import ProgressCallback, WaitPolicy, wait_until
from slipway.operations.eks.cells import Cell
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import ExitStatus

CANDIDATE = "candidate"


@dataclass(frozen=True, kw_only=True)
class BakeResult:
    """What the watch came to.

    Attributes:
        service: The service.
        seconds: For how long its alarms were to be watched.
        alarms: How many there are.
        candidate: Whether there is a candidate at all; nothing is watched without one.
        problems: Why the candidate should not go on, a sentence each.
    """

    service: DeployedEksService
    seconds: float
    alarms: int = 0
    candidate: bool = True
    problems: tuple[str, ...] = ()

    @property
    def exit_status(self) -> ExitStatus:
        """What this alone would have the command exit with."""
        return ExitStatus.FAILED if self.problems else ExitStatus.GOOD


def bake(
    aws: Aws, service: DeployedEksService, cells: Sequence[Cell], *, poll_s: float, on_progress: ProgressCallback
) -> BakeResult:
    """Watch the alarms of a service for as long as its rollout bakes, or until one of them goes off.

    Args:
        aws: The clients.
        service: The service, on EKS.
        cells: Where it runs.
        poll_s: Seconds between two looks.
        on_progress: Told how far it is.
    """
    seconds = service.bake_s
    if not any(CANDIDATE in cell.target_groups for cell in cells):
        return BakeResult(service=service, seconds=seconds, candidate=False)
    names = [name for cell in cells for name in alarms_of(aws, cell.stack)]
    if not names:
        sentence = f"{service.full_name} has no alarm, so nothing would show that the candidate does harm."
        return BakeResult(service=service, seconds=seconds, problems=(sentence,))
    began = time.monotonic()

    def describe(found: tuple[Alarm, ...]) -> str:
        passed = (time.monotonic() - began) / 60
        rings = f"{len(found)} of {len(names)} alarms in ALARM"
        return f"baking {service.full_name}: minute {passed:.0f} of {seconds / 60:g}, {rings}"

    found = wait_until(
        lambda: ringing(aws, names),
        settled=lambda found: bool(found) or time.monotonic() - began >= seconds,
        describe=describe,
        on_progress=on_progress,
        # The end is in `settled`; the deadline only has to come after it.
        wait_policy=WaitPolicy(until=began + seconds + 10 * poll_s + 3600, poll_s=poll_s),
    )
    return BakeResult(service=service, seconds=seconds, alarms=len(names), problems=tuple(_problems(service, found)))


def _problems(service: DeployedEksService, found: Sequence[Alarm]) -> list[str]:
    if not found:
        return []
    rings = [f"The alarm {alarm}{f' {alarm.description}' if alarm.description else ''}" for alarm in found]
    advice = (
        f"Take the traffic back from the candidate: set `candidate.step: 0` for {service.name}, where `step` is set now"
        f" (environments/{service.environment}.yaml or its service.yaml), and deploy. Nothing else has to change; the"
        " alarm's runbook is under docs/runbooks/."
    )
    return [*rings, advice]
