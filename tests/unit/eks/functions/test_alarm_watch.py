"""The function that CloudFormation waits with: alarms end an update, and never a creation or a rollback."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from inference_constructs.eks.functions.alarm_watch import handler
from inference_constructs.eks.functions.alarm_watch.aws_api import AwsCalls
from inference_constructs.eks.functions.alarm_watch.weights import gained

BEGAN = datetime(2026, 12, 1, 12, 0, 0, tzinfo=UTC)
BAKE_S = 300
ERRORS, LATENCY = "slipway-dev/triage/ServerErrors/main", "slipway-dev/triage/HighLatency/main"
PODS = {
    "Namespace": "triage",
    "Deployment": "main",
    "Minimum": "2",
    "Applied": "new",
    "Alarms": [ERRORS, LATENCY],
    "BakeSeconds": str(BAKE_S),
}
TRAFFIC = {
    "Namespace": "triage",
    "Weights": "main=90,candidate=10",
    "Alarms": {"main": [ERRORS], "candidate": [LATENCY]},
    "BakeSeconds": str(BAKE_S),
}
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "any")


@dataclass
class Account:
    """CloudWatch, CloudFormation and Lambda, as the function sees them."""

    status: str | None = "UPDATE_IN_PROGRESS"
    pods: Mapping[str, Any] = field(default_factory=lambda: {"IsComplete": False})
    failed: bool = False
    off: dict[str, datetime] | None = field(default_factory=dict)

    def describe_alarms(self, *, AlarmNames: Sequence[str], AlarmTypes: Sequence[str]) -> Mapping[str, Any]:  # noqa: N803 - boto3's
        assert list(AlarmTypes) == ["MetricAlarm"]
        if self.off is None:
            raise DENIED
        alarms = [
            {"AlarmName": name, "StateValue": "ALARM", "StateReason": "Threshold Crossed.", "StateUpdatedTimestamp": at}
            for name, at in self.off.items()
            if name in AlarmNames
        ]
        return {"MetricAlarms": [*alarms, {"AlarmName": "fine", "StateValue": "OK", "StateUpdatedTimestamp": BEGAN}]}

    def describe_stacks(self, *, StackName: str) -> Mapping[str, Any]:  # noqa: N803 - boto3's
        assert StackName == "stack-1"
        if self.status is None:
            raise DENIED
        return {"Stacks": [{"StackStatus": self.status}]}

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:  # noqa: N803 - boto3's
        assert (FunctionName, "ResourceProperties" in json.loads(Payload)) == ("pods", True)
        answer = {"Payload": io.BytesIO(json.dumps(self.pods).encode())}
        return answer | ({"FunctionError": "Unhandled"} if self.failed else {})


def look(account: Account, asked: Mapping[str, Any] = PODS, *, after: float = 60, **event: Any) -> bool:
    services = AwsCalls(
        describe_alarms=account.describe_alarms,
        describe_stacks=account.describe_stacks,
        invoke=account.invoke,
        pods_function="pods",
    )
    request = {
        "RequestType": "Update",
        "StackId": "stack-1",
        "ResourceProperties": asked,
        "OldResourceProperties": PODS | {"Applied": "old"} if "Deployment" in asked else {},
        "Began": BEGAN.timestamp(),
    }
    return handler.look(services, request | event, now=BEGAN + timedelta(seconds=after))


def complete(after: float) -> dict[str, Any]:
    return {"IsComplete": True, "Since": (BEGAN + timedelta(seconds=after)).timestamp()}


def test_an_alarm_that_goes_off_while_pods_are_replaced_ends_the_update() -> None:
    account = Account()
    assert look(account) is False
    account.off = {ERRORS: BEGAN + timedelta(seconds=170)}
    with pytest.raises(handler.TakenBackError) as raised:
        look(account, after=180)
    assert str(raised.value) == (
        "The rollout of the Deployment triage/main is taken back: 3 minutes after the change the alarms of the new"
        f" version are in ALARM: {ERRORS}: Threshold Crossed. What to do: docs/runbooks/rolled-back.md."
    )


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", None])
def test_a_rollback_and_a_creation_go_on_whatever_rings(status: str | None) -> None:
    """What rings in a rollback are the answers of the version that goes; a failed rollback leaves nobody anything."""
    account = Account(status=status, off={ERRORS: BEGAN + timedelta(seconds=1)}, pods=complete(20))
    assert look(account, after=20 + BAKE_S) is True


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "CREATE_IN_PROGRESS"])
def test_neither_bakes(status: str) -> None:
    assert look(Account(status=status, pods=complete(20)), after=30) is True


def test_what_rang_before_the_change_does_not_stop_its_remedy() -> None:
    account = Account(off={ERRORS: BEGAN - timedelta(minutes=30)}, pods=complete(20))
    assert look(account, after=20 + BAKE_S) is True


def test_pods_bake_once_they_have_rolled_out() -> None:
    account = Account(pods=complete(100))
    assert look(account, after=100 + BAKE_S - 1) is False
    assert look(account, after=100 + BAKE_S) is True
    account.off = {LATENCY: BEGAN + timedelta(seconds=200)}
    with pytest.raises(handler.TakenBackError, match="HighLatency"):
        look(account, after=220)


def test_pods_that_were_there_before_do_not_bake() -> None:
    """Another surge, or a label of the Deployment itself, replaces no pod."""
    assert look(Account(pods=complete(-3600))) is True
    assert look(Account(pods={"IsComplete": True, "Since": None})) is True
    same = Account(pods=complete(20), off={ERRORS: BEGAN + timedelta(seconds=5)})
    assert look(same, OldResourceProperties={"Applied": "new"}) is True


def test_pods_whose_variant_has_no_traffic_yet_do_not_bake() -> None:
    """They come before the rule that shares the traffic, and their alarms count all the same."""
    silent = {"OldResourceProperties": {"Applied": "old"}}
    account = Account(pods=complete(20))
    assert look(account, after=30, **silent) is True
    account.off = {ERRORS: BEGAN + timedelta(seconds=10)}
    with pytest.raises(handler.TakenBackError):
        look(account, after=30, **silent)


def test_the_reason_of_pods_that_fail_is_told_as_it_is() -> None:
    account = Account(failed=True, pods={"errorType": "RolloutError", "errorMessage": "The rollout failed: no image."})
    with pytest.raises(handler.TakenBackError, match=r"^The rollout failed: no image\.$"):
        look(account)


def test_alarms_that_cannot_be_read_let_no_update_pass() -> None:
    account = Account(off=None, pods=complete(20))
    assert look(account, after=119) is False, "permissions take a while to be known"
    with pytest.raises(handler.TakenBackError, match="cannot be read"):
        look(account, after=120)
    account.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    assert look(account, after=120 + BAKE_S) is True


def test_without_alarms_pods_alone_count() -> None:
    asked = {key: value for key, value in PODS.items() if key not in ("Alarms", "BakeSeconds")}
    assert look(Account(status=None, off=None, pods=complete(5)), asked, after=6) is True


def test_traffic_that_moves_bakes_and_is_taken_back_by_the_alarms_of_who_gets_it() -> None:
    account = Account(off={ERRORS: BEGAN + timedelta(seconds=10)})
    assert look(account, TRAFFIC) is False, "main rings, and candidate is what gets more"
    assert look(account, TRAFFIC, after=BAKE_S) is True
    account.off = {LATENCY: BEGAN + timedelta(seconds=10)}
    with pytest.raises(handler.TakenBackError, match=r"The traffic of triage \(main=90,candidate=10\) is taken back"):
        look(account, TRAFFIC)


def test_traffic_that_goes_back_waits_for_nothing() -> None:
    old = TRAFFIC | {"Weights": "main=50,candidate=50"}
    account = Account(off={LATENCY: BEGAN + timedelta(seconds=10)})
    assert look(account, TRAFFIC, OldResourceProperties=old) is True


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "main=100,candidate=0", []),
        (None, "main=9,candidate=1", ["candidate"]),
        ("main=9,candidate=1", "main=90,candidate=10", []),
        ("main=9,candidate=1", "main=0,candidate=1", ["candidate"]),
        ("main=0,candidate=1", "main=1,candidate=0", []),
        ("a=1,b=1", "a=1,b=2", ["b"]),
        ("a=1,b=1", "a=1,c=1", ["c"]),
    ],
)
def test_who_gains_traffic(before: str | None, after: str, expected: list[str]) -> None:
    assert gained(before, after) == expected


@pytest.mark.parametrize(("asked", "name"), [(PODS, "triage/main"), (TRAFFIC, "triage/traffic")])
def test_it_begins_and_is_deleted_without_a_question(asked: Mapping[str, Any], name: str) -> None:
    request = {"RequestType": "Create", "StackId": "stack-1", "ResourceProperties": asked}
    begun = handler.handle(request, None)
    assert begun["PhysicalResourceId"] == name
    assert "IsComplete" not in begun
    deleted = request | {"RequestType": "Delete", "PhysicalResourceId": "any"}
    assert handler.handle(deleted, None) == {"PhysicalResourceId": "any", "IsComplete": True}
