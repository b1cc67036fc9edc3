"""Updates are guarded: traffic moves as the rollout says, and turns back on alarms of the new fleet."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from inference_constructs.spec import Objectives, Rollout, Strategy
from tests.templates import only, resources, strings_in
from tests.unit.sagemaker.endpoints import deployed, empty_stack, endpoint_of, variant


def rolled_out(rollout: Rollout, **properties: Any) -> Template:
    stack = empty_stack()
    return endpoint_of(stack, [variant(stack)], rollout=rollout, **properties).template


def deployment(template: Template) -> dict[str, Any]:
    config: dict[str, Any] = only(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    return config


def rollback_alarms(template: Template) -> dict[str, dict[str, Any]]:
    """The alarms that watch one configuration only, by logical id."""
    return {
        name: alarm["Properties"]
        for name, alarm in template.find_resources("AWS::CloudWatch::Alarm").items()
        if "EndpointConfigName" in [dimension["Name"] for dimension in alarm["Properties"]["Dimensions"]]
    }


def test_all_at_once_watches_before_the_old_fleet_goes() -> None:
    policy = deployment(rolled_out(Rollout(bake_minutes=4, keep_old_minutes=2)))["BlueGreenUpdatePolicy"]
    assert policy == {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 240},
        "TerminationWaitInSeconds": 120,
        "MaximumExecutionTimeoutInSeconds": 240 + 120 + 1800,
    }


def test_canary_moves_a_small_share_first() -> None:
    rollout = Rollout(strategy=Strategy.CANARY, canary_percent=15, bake_minutes=10)
    policy = deployment(rolled_out(rollout))["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"] == {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 15},
        "WaitIntervalInSeconds": 600,
    }
    assert policy["MaximumExecutionTimeoutInSeconds"] == 2 * 600 + 1800


def test_linear_moves_in_equal_steps() -> None:
    rollout = Rollout(strategy=Strategy.LINEAR, step_percent=30, bake_minutes=5)
    policy = deployment(rolled_out(rollout))["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "LINEAR"
    assert policy["TrafficRoutingConfiguration"]["LinearStepSize"] == {"Type": "CAPACITY_PERCENT", "Value": 30}
    assert policy["MaximumExecutionTimeoutInSeconds"] == 4 * 300 + 1800, "30 % take four steps"


def test_rolling_replaces_batch_by_batch() -> None:
    rollout = Rollout(strategy=Strategy.ROLLING, batch_percent=50, bake_minutes=5)
    config = deployment(rolled_out(rollout))
    assert "BlueGreenUpdatePolicy" not in config
    assert config["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 2 * 300 + 2 * 1800,
    }


@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_timeout_exceeds_every_wait_within_sagemakers_bounds(strategy: Strategy) -> None:
    """SageMaker fact 5."""
    rollout = Rollout(strategy=strategy, bake_minutes=5)
    assert rollout.timeout_s > rollout.steps * rollout.bake_s + rollout.keep_old_s
    assert 600 <= rollout.timeout_s <= 28_800


def test_rollbacks_watch_the_new_fleet_only() -> None:
    """SageMaker fact 2: an alarm on the whole endpoint would abort the update because of the old fleet."""
    template = deployed().template
    (config,) = template.find_resources("AWS::SageMaker::EndpointConfig")
    alarms = rollback_alarms(template)
    assert {alarm["MetricName"] for alarm in alarms.values()} == {"ModelLatency", "Invocation5XXErrors"}
    for alarm in alarms.values():
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
        assert dimensions == {
            "EndpointName": "dev-triage",
            "VariantName": "main",
            "EndpointConfigName": {"Fn::GetAtt": [config, "EndpointConfigName"]},
        }
        assert alarm["TreatMissingData"] == "notBreaching", "SageMaker fact 3"
    named = deployment(template)["AutoRollbackConfiguration"]["Alarms"]
    assert {alarm["AlarmName"]["Ref"] for alarm in named} == set(alarms)


def test_a_new_fleet_gets_new_alarms() -> None:
    """Changed in place, an alarm keeps the state that the old fleet left it in, and the fix would be rolled back."""
    before, after = (deployed(s3_uri=f"s3://models/triage/{version}/model.tar.gz").template for version in (1, 2))
    assert not rollback_alarms(before).keys() & rollback_alarms(after).keys()
    telling = [set(template.find_resources("AWS::CloudWatch::Alarm")) for template in (before, after)]
    assert len(telling[0] & telling[1]) == 4, "the alarms for people stay"


def test_there_is_no_dependency_cycle() -> None:
    """SageMaker fact 1. CloudFormation would refuse the template."""
    template = deployed().template.to_json()["Resources"]
    waits = {name: _references(body) & template.keys() for name, body in template.items()}
    done: set[str] = set()
    while ready := {name for name in waits.keys() - done if waits[name] <= done}:
        done |= ready
    assert done == waits.keys(), f"in a cycle: {waits.keys() - done}"


def _references(body: dict[str, Any]) -> set[str]:
    depends = body.get("DependsOn", [])
    return set(strings_in(body.get("Properties", {}))) | set([depends] if isinstance(depends, str) else depends)


def test_without_objectives_nothing_rolls_back() -> None:
    """SageMaker fact 3: no alarms, no automatic rollback, so the template must not pretend."""
    template = deployed(objectives=Objectives()).template
    assert "AutoRollbackConfiguration" not in deployment(template)
    assert rollback_alarms(template) == {}


def test_ten_variants_keep_to_sagemakers_ten_alarms() -> None:
    """SageMaker fact 3: 1 to 10 alarms. Server errors of every variant come before anybody's latency."""
    stack = empty_stack()
    template = endpoint_of(stack, [variant(stack, f"v{number}") for number in range(7)]).template
    alarms = [alarm["MetricName"] for alarm in rollback_alarms(template).values()]
    assert alarms.count("Invocation5XXErrors") == 7
    assert alarms.count("ModelLatency") == 3
    assert len(deployment(template)["AutoRollbackConfiguration"]["Alarms"]) == 10


def test_the_role_may_ask_for_the_alarms_state() -> None:
    """SageMaker fact 3."""
    assert "cloudwatch:DescribeAlarms" in json.dumps(resources(deployed().template, "AWS::IAM::ManagedPolicy"))
