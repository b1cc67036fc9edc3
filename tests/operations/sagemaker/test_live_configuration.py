import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.sagemaker.live_configuration import LiveConfiguration, check_configuration
from slipway.operations.sagemaker.service import DeployedSageMakerService
from tests.operations.stubbed import BEGAN, ENDPOINT, LATER, STACK, Stubbed, live_variant

RANG = json.dumps({"oldState": {"stateValue": "OK"}, "newState": {"stateValue": "ALARM", "stateReason": "Too slow"}})
QUIET = json.dumps({"oldState": {"stateValue": "ALARM"}, "newState": {"stateValue": "OK"}})


def check(
    stubbed: Stubbed, service: DeployedSageMakerService, *, minutes: float = 5, told: list[str] | None = None
) -> LiveConfiguration:
    wait_policy = WaitPolicy.of(minutes, poll_s=15)
    wait_policy = WaitPolicy(until=wait_policy.until, poll_s=15, sleep=lambda _: None)
    return check_configuration(
        stubbed.aws, service, wait_policy=wait_policy, on_progress=(told if told is not None else []).append
    )


def rollback_alarms(*names: str) -> dict[str, Any]:
    alarms = [{"AlarmName": name} for name in names]
    update = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    rollback = {"Alarms": alarms}
    return {"LastDeploymentConfig": {"BlueGreenUpdatePolicy": update, "AutoRollbackConfiguration": rollback}}


def test_what_was_deployed_is_live(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint()
    live = check(stubbed, service)
    assert live.problems == ()
    assert live.endpoint is not None
    assert live.endpoint.config_name == "config-new"


def test_it_waits_for_stack_and_endpoint_and_says_where_they_stand(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack("UPDATE_IN_PROGRESS")
    stubbed.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    stubbed.stack()
    pending = {
        "VariantName": "main",
        "CurrentInstanceCount": 1,
        "DesiredInstanceCount": 2,
        "VariantStatus": [{"Status": "Baking"}],
    }
    stubbed.endpoint(
        "Updating",
        config="config-old",
        PendingDeploymentSummary={"EndpointConfigName": "config-new", "ProductionVariants": [pending]},
    )
    stubbed.endpoint("Updating", config="config-old", ProductionVariants=[live_variant(current=1)])
    stubbed.endpoint()
    told: list[str] = []
    assert check(stubbed, service, told=told).problems == ()
    assert told == [
        f"waiting: the stack {STACK} is UPDATE_IN_PROGRESS",
        f"waiting: the stack {STACK} is UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        f"waiting: the endpoint {ENDPOINT} is Updating, main 1 of 2 instances (Baking)",
        f"waiting: the endpoint {ENDPOINT} is Updating, main 1 of 2 instances",
    ]


def test_a_rollback_that_cloudformation_knows_nothing_of(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    """SageMaker fact 17: CloudFormation may report success although SageMaker rolled back."""
    stubbed.stack()
    reason = "One or more configured alarm(s) in the deployment configuration has/have gone off"
    stubbed.endpoint(config="config-old", FailureReason=reason, **rollback_alarms("slow", "failing", "well"))
    stubbed.events(("stack", "UPDATE_COMPLETE", ""), ("stack", "UPDATE_IN_PROGRESS", "User Initiated"))
    stubbed.alarms(slow="OK", failing="ALARM", well="OK")
    before = BEGAN - timedelta(hours=1)
    stubbed.alarm_history("slow", (LATER + timedelta(minutes=1), QUIET), (LATER, RANG), (before, RANG))
    stubbed.alarm_history("well", (before, RANG))
    problems = check(stubbed, service).problems
    told, *alarms = problems
    assert told == (
        "SageMaker rolled back, though CloudFormation says UPDATE_COMPLETE: config-new was deployed, and"
        f" {ENDPOINT} runs config-old. SageMaker's reason: {reason}"
    )
    assert alarms == [
        "The alarm failing is in ALARM since 2026-03-02 12:10:00 UTC: Threshold crossed",
        "The alarm slow was in ALARM since 2026-03-02 12:10:00 UTC: Too slow",
    ]


def test_a_rollback_without_a_reason_asks_the_alarms_of_the_stack(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack()
    stubbed.endpoint(config="config-old")
    stubbed.events()
    stubbed.resources("memory")
    stubbed.alarms(memory="ALARM")
    first, second = check(stubbed, service).problems
    assert first.endswith("runs config-old. SageMaker gives no reason.")
    assert second.startswith("The alarm memory is in ALARM")


def test_alarms_that_may_not_be_read_hide_nothing(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint(config="config-old", FailureReason="ping", **rollback_alarms("slow"))
    stubbed.events()
    stubbed.refuse("cloudwatch", "describe_alarms", "AccessDenied", "User is not authorized")
    first, second = check(stubbed, service).problems
    assert "config-new was deployed" in first
    assert second == (
        "Whether an alarm went off is not known: The credentials may not call DescribeAlarms: User is not authorized"
    )


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed"])
def test_an_endpoint_that_failed(stubbed: Stubbed, service: DeployedSageMakerService, status: str) -> None:
    stubbed.stack()
    reason = "The primary container for production variant main did not pass the ping health check."
    stubbed.endpoint(status, FailureReason=reason)
    (problem,) = check(stubbed, service).problems
    assert problem == f"The endpoint {ENDPOINT} is {status} on config-new. SageMaker's reason: {reason}"


def test_a_variant_short_of_instances(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.endpoint(ProductionVariants=[live_variant(), live_variant("challenger", current=1, desired=3)])
    assert check(stubbed, service).problems == ("Variant challenger has 1 of 3 instances.",)


def test_a_serverless_variant_has_no_instances_to_be_short_of(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack()
    serverless = {"VariantName": "main", "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    stubbed.endpoint(ProductionVariants=[serverless])
    assert check(stubbed, service).problems == ()


def test_no_stack(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.no_stack()
    assert check(stubbed, service).problems == (f"It is not deployed: there is no stack {STACK}.",)


def test_a_change_set_that_was_only_looked_at_is_no_deployment(
    stubbed: Stubbed, service: DeployedSageMakerService
) -> None:
    stubbed.stack("REVIEW_IN_PROGRESS", config=None)
    assert check(stubbed, service).problems == (f"It is not deployed: there is no stack {STACK}.",)


def test_a_stack_without_its_endpoint(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.no_endpoint()
    (problem,) = check(stubbed, service).problems
    assert problem == f"The stack {STACK} is UPDATE_COMPLETE, but there is no endpoint {ENDPOINT}."


def test_a_stack_that_does_not_say_what_it_deployed(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack(config=None)
    (problem,) = check(stubbed, service).problems
    assert "has no output EndpointConfigName" in problem


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_failed_tells_what_failed_first(
    stubbed: Stubbed, service: DeployedSageMakerService, status: str
) -> None:
    stubbed.stack(status)
    stubbed.events(
        ("stack", status, ""),
        ("EndpointScaling", "UPDATE_FAILED", "Resource update cancelled"),
        ("Endpoint", "UPDATE_FAILED", "did not pass the ping health check"),
        ("stack", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Endpoint", "UPDATE_FAILED", "what went wrong last week"),
    )
    stubbed.resources("slow")
    stubbed.alarms(slow="ALARM")
    first, second = check(stubbed, service).problems
    assert first == (
        f"The stack {STACK} is {status}: Endpoint (AWS::SageMaker::Endpoint): did not pass the ping health check"
    )
    assert second.startswith("The alarm slow is in ALARM")


@pytest.mark.parametrize("stuck", ["stack", "endpoint"])
def test_what_does_not_settle_in_time(stubbed: Stubbed, service: DeployedSageMakerService, stuck: str) -> None:
    stubbed.stack("UPDATE_IN_PROGRESS" if stuck == "stack" else "UPDATE_COMPLETE")
    if stuck == "endpoint":
        stubbed.endpoint("Updating", ProductionVariants=[live_variant(current=0)])
    live = check(stubbed, service, minutes=0)
    assert live.timed_out
    assert live.problems == (
        f"It took too long: the stack {STACK} is UPDATE_IN_PROGRESS."
        if stuck == "stack"
        else f"It took too long: the endpoint {ENDPOINT} is Updating, main 0 of 2 instances.",
    )


def test_a_refusal_is_not_taken_for_a_missing_endpoint(stubbed: Stubbed, service: DeployedSageMakerService) -> None:
    stubbed.stack()
    stubbed.refuse("sagemaker", "describe_endpoint", "ThrottlingException", "Rate exceeded")
    with pytest.raises(ClientError, match="Rate exceeded"):
        check(stubbed, service)
