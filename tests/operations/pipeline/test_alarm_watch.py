"""The watch after a deployment fails with the alarm that rang, and not for those that only scale something."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import ExitStatus
from slipway.operations.pipeline.alarm_watch import Watch, stacks_of, watch
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.services import Selection
from tests.operations.stubbed import ACCOUNT, BEGAN, LATER, REGION, Stubbed, stubbed_aws

SERVICE = DeployedSageMakerService(environment="dev", name="tumor-triage", latency_p99_ms=100, samples=Path("samples"))
SELECTION = Selection(environment="dev", account=ACCOUNT, region=REGION, services=(SERVICE,))


class Clock:
    """Passes without waiting."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def how(clock: Clock, seconds: float = 60) -> Watch:
    return Watch(seconds=seconds, poll_s=30, sleep=clock.sleep, clock=lambda: clock.seconds, now=lambda: BEGAN)


def described(stubbed: Stubbed, **states: tuple[str, list[str]]) -> None:
    """Answer a description of alarms: the state and the actions of each."""
    alarms = [
        {
            "AlarmName": name,
            "StateValue": state,
            "StateReason": "Threshold crossed",
            "StateUpdatedTimestamp": LATER,
            "AlarmActions": actions,
            "AlarmDescription": "docs/runbooks/errors.md",
        }
        for name, (state, actions) in states.items()
    ]
    stubbed.answer(
        "cloudwatch",
        "describe_alarms",
        {"MetricAlarms": alarms, "CompositeAlarms": []},
        AlarmNames=list(states),
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        MaxRecords=100,
    )


SNS = [f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"]
SCALING = [f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:1"]


def watched(answers: Callable[[Stubbed], None], seconds: float = 60) -> tuple[Any, list[str]]:
    told: list[str] = []
    with stubbed_aws() as stubbed:
        answers(stubbed)
        found = watch(stubbed.aws, SELECTION, how(Clock(), seconds), on_progress=told.append)
    return found, told


def test_it_watches_until_the_time_has_passed() -> None:
    def answers(stubbed: Stubbed) -> None:
        stubbed.stack()
        stubbed.resources("errors")
        described(stubbed, errors=("OK", SNS))
        for _ in range(4):  # at 0, 30 and 60 s, and once more whether it rang between two looks
            stubbed.alarms(errors="OK")
        stubbed.alarm_history("errors")

    found, told = watched(answers)
    assert found.exit_status is ExitStatus.GOOD
    assert found.alarms == 1
    assert told == [f"waiting: watching dev: minute {minute} of 1, 0 of 1 alarms in ALARM" for minute in (0, 0)]


def test_it_fails_as_soon_as_an_alarm_rings_and_names_it() -> None:
    def answers(stubbed: Stubbed) -> None:
        stubbed.stack()
        stubbed.resources("errors", "latency")
        described(stubbed, errors=("OK", SNS), latency=("OK", []))
        stubbed.alarms(errors="OK", latency="OK")
        described(stubbed, errors=("ALARM", SNS), latency=("OK", []))

    found, _ = watched(answers, seconds=600)
    assert found.exit_status is ExitStatus.FAILED
    (problem,) = found.problems
    assert problem.startswith("The alarm errors is in ALARM since 2026-03-02 12:10:00 UTC: Threshold crossed")
    assert problem.endswith("docs/runbooks/errors.md")


def test_an_alarm_that_rang_between_two_looks_counts() -> None:
    def answers(stubbed: Stubbed) -> None:
        stubbed.stack()
        stubbed.resources("errors")
        described(stubbed, errors=("OK", SNS))
        stubbed.alarms(errors="OK")
        stubbed.alarms(errors="OK")
        stubbed.alarm_history("errors", (LATER, '{"newState": {"stateValue": "ALARM", "stateReason": "3 errors"}}'))

    found, _ = watched(answers, seconds=0)
    assert found.problems == ("The alarm errors was in ALARM since 2026-03-02 12:10:00 UTC: 3 errors",)


def test_an_alarm_that_scales_rings_whenever_it_does_its_work() -> None:
    def answers(stubbed: Stubbed) -> None:
        stubbed.stack()
        stubbed.resources("steps", "errors")
        described(stubbed, steps=("ALARM", SCALING), errors=("OK", SNS))
        stubbed.alarms(errors="OK")
        stubbed.alarms(errors="OK")
        stubbed.alarm_history("errors")

    found, _ = watched(answers, seconds=0)
    assert found.exit_status is ExitStatus.GOOD
    assert found.alarms == 1


def test_no_alarm_at_all_is_no_good_news() -> None:
    def answers(stubbed: Stubbed) -> None:
        stubbed.stack()
        stubbed.resources()

    found, _ = watched(answers)
    assert found.problems == ("dev has no alarm, so nothing would show that the deployment does harm.",)


def test_what_is_not_deployed_cannot_be_watched() -> None:
    found, _ = watched(lambda stubbed: stubbed.no_stack())
    assert found.problems == ("It is not deployed: there is no stack slipway-dev-service-tumor-triage.",)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (1, ["slipway-dev-service-ranking", "slipway-dev-cluster"]),
        (
            2,
            [
                "slipway-dev-service-ranking",
                "slipway-dev-cluster",
                "slipway-dev-service-ranking-2",
                "slipway-dev-cluster-2",
            ],
        ),
    ],
)
def test_on_eks_every_cell_and_its_cluster_are_watched(cells: int, expected: list[str]) -> None:
    service = DeployedEksService(environment="dev", name="ranking", latency_p99_ms=None, samples=Path(), cells=cells)
    selection = Selection(environment="dev", account=ACCOUNT, region=REGION, services=(service,))
    assert list(stacks_of(selection)) == expected
