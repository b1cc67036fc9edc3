"""Four updates that should not stay and one that should, under load, in the order of this file. See docs/rehearsal.md.

Every request of the client is counted, and so is, by the metrics of the embedded AWS, which fleet it went to.
"""

import math
from typing import Final

import pytest

from tests.end_to_end.checkout import Checkout
from tests.end_to_end.rehearsal import CANARY, FOR_PERCENTILES, Rehearsal, Rehearsed
from tests.end_to_end.spoiled_models import failing, slow, wrong

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("end_to_end")]

#: Out of the way of a good model even on a machine that is overloaded with other tests …
_GENEROUS_MS: Final = 10_000
#: … and the one that the slow model breaks, which takes twice as long.
_STRICT_MS: Final = 300


@pytest.fixture(scope="module")
def rehearsal(checkout: Checkout) -> Rehearsal:
    rehearsal = Rehearsal(checkout)
    rehearsal.promise(_GENEROUS_MS)
    done = checkout.up()
    assert done.returncode == 0, done.stdout + done.stderr
    return rehearsal


def _at_most_the_canary(count: int, requests: int) -> bool:
    """Whether so many of the requests may have been chosen with the canary's share: four standard deviations."""
    return count <= requests * CANARY + 4 * math.sqrt(requests * CANARY * (1 - CANARY))


def _is_still_the_old_one(rehearsal: Rehearsal, seen: Rehearsed) -> None:
    """What holds whenever an update does not stay."""
    assert seen.exit_status == 1, seen.said
    assert seen.after["EndpointStatus"] == "InService"
    assert seen.after["EndpointConfigName"] == seen.before["EndpointConfigName"]
    assert [request.failure for request in seen.afterwards if request.failure] == []
    # Nobody was given another answer than the old model's.
    assert seen.load.answers == {s.name: {s.response} for s in rehearsal.asked}
    assert rehearsal.measured(seen.before["EndpointConfigName"], "InvocationModelErrors") == 0


def _is_rolled_back(rehearsal: Rehearsal, seen: Rehearsed, kind: str) -> None:
    """What holds when an alarm has ended an update."""
    _is_still_the_old_one(rehearsal, seen)
    alarm = rehearsal.alarm(kind)
    assert alarm["StateValue"] == "ALARM"
    assert "Threshold Crossed" in alarm["StateReason"]
    assert {"Name": "EndpointConfigName", "Value": seen.new} in alarm["Dimensions"]
    reason = seen.after["FailureReason"]
    assert reason.startswith("The deployment was rolled back: while ")
    assert alarm["AlarmName"] in reason
    assert reason in seen.said
    # CloudFormation believes that all is well, and has cleaned up after the version that still runs.
    assert rehearsal.stack_status() == "UPDATE_COMPLETE"
    assert rehearsal.checkout.names("EndpointConfig") == {seen.new} != {seen.before["EndpointConfigName"]}
    assert len(rehearsal.checkout.names("Model")) == 1
    status, words = rehearsal.check()
    assert status == 1, words
    assert "SageMaker rolled back, though CloudFormation says UPDATE_COMPLETE" in words
    assert alarm["AlarmName"] in words
    assert alarm["StateReason"] in words


def test_1_a_model_that_fails_its_ping_never_gets_a_request(rehearsal: Rehearsal) -> None:
    with rehearsal.model(b"this is no model"):
        seen = rehearsal.update()
    _is_still_the_old_one(rehearsal, seen)
    assert seen.load.failed == []
    assert "did not pass the ping health check" in seen.said
    assert "goes on running" in seen.said
    assert rehearsal.checkout.names("EndpointConfig") == {seen.before["EndpointConfigName"]}
    assert rehearsal.stack_status() == "UPDATE_ROLLBACK_COMPLETE"
    status, words = rehearsal.check()
    assert status == 1, words
    assert "did not pass the ping health check" in words
    _tell("fails its ping", seen, canary=0)


def test_2_a_model_that_answers_with_errors_is_rolled_back(rehearsal: Rehearsal) -> None:
    with rehearsal.model(failing(rehearsal.onnx)):
        seen = rehearsal.update()
    _is_rolled_back(rehearsal, seen, "ServerErrors")
    assert f"while 10 % of the traffic went to {seen.new}" in seen.after["FailureReason"]
    canary = rehearsal.canary_requests(seen)
    # Every failed request is one that the new model answered with an error: the way back itself cost none.
    assert {request.status for request in seen.load.failed} == {500}
    assert len(seen.load.failed) == canary == rehearsal.measured(seen.new, "Invocation5XXErrors")
    first, last = seen.load.failed[0].sent, seen.load.failed[-1].sent
    meanwhile = [request for request in seen.load.requests if first <= request.sent <= last]
    assert _at_most_the_canary(canary - 2, len(meanwhile) - 2)  # the two at the ends are failures by construction
    _tell("answers with 500", seen, canary)


def test_3_a_model_that_is_slow_is_rolled_back_and_no_request_fails(rehearsal: Rehearsal) -> None:
    malignant = next(s for s in rehearsal.checkout.samples() if s.path.name == "malignant-patient.request.csv")
    record = [[float(value) for value in malignant.request.decode().split(",")]]
    rehearsal.promise(_STRICT_MS)
    with rehearsal.model(slow(rehearsal.onnx, 2 * _STRICT_MS, record)):
        seen = rehearsal.update(per_second=FOR_PERCENTILES)
    rehearsal.promise(_GENEROUS_MS)
    _is_rolled_back(rehearsal, seen, "Latency")
    assert seen.load.failed == []
    _tell("is slow", seen, rehearsal.canary_requests(seen))


def test_4_wrong_answers_ring_no_alarm_and_fail_the_deploy_check(rehearsal: Rehearsal) -> None:
    with rehearsal.model(wrong(rehearsal.onnx)):
        seen = rehearsal.update()
    assert seen.exit_status == 0, seen.said
    assert seen.load.failed == []
    assert seen.after["EndpointConfigName"] == seen.new != seen.before["EndpointConfigName"]
    assert all(len(answers) == 2 for answers in seen.load.answers.values())
    status, words = rehearsal.check()
    assert status == 1, words
    assert "predictions[0].label" in words
    _tell("answers wrongly", seen, rehearsal.canary_requests(seen))


def test_5_a_good_model_takes_over_without_a_failed_request(rehearsal: Rehearsal) -> None:
    models = rehearsal.checkout.names("Model")
    assert rehearsal.checkout.train(regularization=50).returncode == 0
    seen = rehearsal.update(per_second=FOR_PERCENTILES)
    assert seen.exit_status == 0, seen.said
    assert "runs already" in seen.said
    assert seen.load.failed == []
    assert all(len(answers) == 2 for answers in seen.load.answers.values()), "the old model's and the new one's"
    assert seen.after["EndpointArn"] == seen.before["EndpointArn"]
    assert seen.after["EndpointConfigName"] == seen.new != seen.before["EndpointConfigName"]
    assert rehearsal.checkout.names("EndpointConfig") == {seen.new}
    assert rehearsal.checkout.names("Model").isdisjoint(models)
    assert "FailureReason" not in seen.after
    assert (
        seen.after["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    )
    assert {rehearsal.alarm(kind)["StateValue"] for kind in ("ServerErrors", "Latency")} == {"OK"}
    for sample in rehearsal.checkout.samples():
        assert rehearsal.checkout.ask(sample) == sample.response
    status, words = rehearsal.check()
    assert status == 0, words
    _tell("is good", seen, rehearsal.canary_requests(seen))


def _tell(what: str, seen: Rehearsed, canary: int) -> None:
    """One line for the one who reads along (`pytest -s`)."""
    requests, failed = len(seen.load.requests), len(seen.load.failed)
    print(f"\na model that {what}: {requests} requests, {canary} to the new fleet, {failed} failed")
