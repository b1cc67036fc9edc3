import dataclasses
import io
from typing import Any

import pytest
from rich.console import Console

from slipway.operations.eks.bake import BakeResult, bake
from slipway.operations.eks.cells import Cell
from slipway.operations.eks.reports import print_baked
from slipway.operations.eks.service import DeployedEksService
from slipway.operations.errors import ExitStatus
from tests.operations.eks.kubernetes.test_failure_reasons import cell
from tests.operations.stubbed import LATER, STACK, Stubbed


def with_candidate() -> Cell:
    return cell("main", "candidate")


def baked(stubbed: Stubbed, service: DeployedEksService, *cells: Cell, told: list[str] | None = None) -> BakeResult:
    soon = dataclasses.replace(service, bake_s=1, strategy="canary", candidate_step=1)
    return bake(stubbed.aws, soon, cells, poll_s=0.4, on_progress=(told if told is not None else []).append)


def printed(found: BakeResult) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    print_baked(console, found)
    return console.export_text()


def alarm(stubbed: Stubbed, state: str, **more: Any) -> None:
    described = {
        "AlarmName": "slow",
        "StateValue": state,
        "StateReason": "Threshold crossed",
        "StateUpdatedTimestamp": LATER,
        **more,
    }
    stubbed.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [described], "CompositeAlarms": []})


def test_alarms_that_stay_quiet_for_the_whole_time(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    stubbed.resources("slow")
    told: list[str] = []
    for _ in range(4):  # at 0, 0.4, 0.8 and 1.2 s: the first look after the end is the last
        alarm(stubbed, "OK")
    found = baked(stubbed, on_eks, with_candidate(), told=told)
    assert (found.problems, found.alarms, found.exit_status) == ((), 1, ExitStatus.GOOD)
    assert told[0] == "waiting: baking dev-tumor-triage: minute 0 of 0.0166667, 0 of 1 alarms in ALARM"
    assert len(told) == 3
    assert "the candidate can take more traffic" in printed(found)


def test_an_alarm_that_rings_ends_it_with_the_value_to_change(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    stubbed.resources("slow")
    alarm(stubbed, "OK")
    alarm(stubbed, "ALARM", AlarmDescription="Too slow. Runbook: docs/runbooks/high-latency.md")
    found = baked(stubbed, on_eks, with_candidate())
    assert found.exit_status == ExitStatus.FAILED
    assert found.problems == (
        (
            "The alarm slow is in ALARM since 2026-03-02 12:10:00 UTC: Threshold crossed Too slow. Runbook:"
            " docs/runbooks/high-latency.md"
        ),
        (
            "Take the traffic back from the candidate: set `candidate.step: 0` for tumor-triage, where `step` is"
            " set now (environments/dev.yaml or its service.yaml), and deploy. Nothing else has to change; the alarm's"
            " runbook is under docs/runbooks/."
        ),
    )
    assert "✗ The candidate of dev-tumor-triage must not go on." in printed(found)


def test_without_a_candidate_there_is_nothing_to_bake(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    found = baked(stubbed, on_eks, cell("main"))
    assert found.exit_status == ExitStatus.GOOD
    assert "dev-tumor-triage has no candidate, so there is nothing to bake." in printed(found)


def test_without_alarms_nothing_would_tell(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    stubbed.resources()
    assert baked(stubbed, on_eks, with_candidate()).problems == (
        "dev-tumor-triage has no alarm, so nothing would show that the candidate does harm.",
    )


@pytest.mark.parametrize("ringing", [0, 1])
def test_the_alarms_of_every_cell_are_watched(stubbed: Stubbed, on_eks: DeployedEksService, ringing: int) -> None:
    second = dataclasses.replace(
        with_candidate(), number=2, stack=dataclasses.replace(with_candidate().stack, name=f"{STACK}-2")
    )
    stubbed.resources("first")
    summary = {"LogicalResourceId": "a", "PhysicalResourceId": "second", "ResourceType": "AWS::CloudWatch::Alarm"}
    more = {"LastUpdatedTimestamp": LATER, "ResourceStatus": "CREATE_COMPLETE"}
    stubbed.answer(
        "cloudformation",
        "list_stack_resources",
        {"StackResourceSummaries": [{**summary, **more}]},
        StackName=f"{STACK}-2",
    )
    states = ["OK", "OK"]
    states[ringing] = "ALARM"
    stubbed.alarms(first=states[0], second=states[1])
    rang = ("first", "second")[ringing]
    assert baked(stubbed, on_eks, with_candidate(), second).problems[0].startswith(f"The alarm {rang} is in ALARM")


def test_as_many_alarms_as_there_are_are_watched(stubbed: Stubbed, on_eks: DeployedEksService) -> None:
    """A service on EKS has seven for each variant; one call takes 100 names (CloudWatch API, DescribeAlarms)."""
    names = [f"alarm-{number}" for number in range(101)]
    stubbed.resources(*names)
    stubbed.alarms(**dict.fromkeys(names[:100], "OK"))
    stubbed.alarms(**{names[100]: "ALARM"})
    found = baked(stubbed, on_eks, with_candidate())
    assert found.alarms == 101
    assert found.problems[0].startswith("The alarm alarm-100 is in ALARM")
