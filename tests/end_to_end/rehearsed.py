"""What holds after an update that does not stay."""

from tests.end_to_end.rehearsal import Rehearsal, Rehearsed


def is_still_the_old_one(rehearsal: Rehearsal, seen: Rehearsed) -> None:
    """What holds whenever an update does not stay."""
    assert seen.failure is not None
    assert seen.after["EndpointStatus"] == "InService"
    assert seen.after["EndpointConfigName"] == seen.before["EndpointConfigName"]
    assert [request.failure for request in seen.afterwards if request.failure] == []
    # Nobody was given another answer than the old model's.
    assert seen.load.answers == {s.name: {s.response} for s in rehearsal.asked}
    assert rehearsal.measured(seen.before["EndpointConfigName"], "InvocationModelErrors") == 0


def is_rolled_back(rehearsal: Rehearsal, seen: Rehearsed, kind: str) -> None:
    """What holds when an alarm has ended an update."""
    is_still_the_old_one(rehearsal, seen)
    alarm = rehearsal.alarm(kind)
    assert alarm["StateValue"] == "ALARM"
    assert "Threshold Crossed" in alarm["StateReason"]
    assert {"Name": "EndpointConfigName", "Value": seen.new} in alarm["Dimensions"]
    reason = seen.after["FailureReason"]
    assert reason.startswith("The deployment was rolled back: while ")
    assert alarm["AlarmName"] in reason
    assert reason in str(seen.failure)
    # CloudFormation believes that all is well, and has cleaned up after the version that still runs.
    assert rehearsal.stack_status() == "UPDATE_COMPLETE"
    assert rehearsal.names("EndpointConfig") == {seen.new} != {seen.before["EndpointConfigName"]}
    assert len(rehearsal.names("Model")) == 1
    check = rehearsal.check()
    assert check.exit_code == 1, check.output
    assert "SageMaker rolled back, though CloudFormation says UPDATE_COMPLETE" in check.stdout
    assert alarm["AlarmName"] in check.stdout
    assert alarm["StateReason"] in check.stdout


def tell(what: str, seen: Rehearsed, canary: int) -> None:
    """One line for the one who reads along (`pytest -s`)."""
    requests, failed = len(seen.load.requests), len(seen.load.failed)
    print(f"\na model that {what}: {requests} requests, {canary} to the new fleet, {failed} failed")
