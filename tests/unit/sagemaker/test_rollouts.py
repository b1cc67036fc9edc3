"""Updates are guarded: traffic moves as the rollout says, and turns back on alarms of the new fleet."""

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import Fn, aws_kms
from aws_cdk.assertions import Template

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.config import Compute, Objectives, Rollout, Scaling, Serverless, Strategy
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.sagemaker.configuration_version import version_of
from tests.templates import only, strings_in
from tests.unit.sagemaker.endpoints import PROMISED, deployed, empty_stack, endpoint_of, variant


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
    assert rollout.timeout_s() > rollout.steps * rollout.bake_s + rollout.keep_old_s
    assert 600 <= rollout.timeout_s() <= 28_800


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


def test_an_endpoint_that_exists_is_not_updated_for_the_names_of_alarms() -> None:
    """UpdateEndpoint takes no change of `DeploymentConfig` alone, which lists the rollback alarms by name."""
    named = AlarmSettings(name_prefix="slipway-dev/triage", runbook_base_url="https://wiki.example.com")
    usual, other = (rolled_out(Rollout(), alarm_settings=settings) for settings in (AlarmSettings(), named))
    assert only(usual, "AWS::SageMaker::Endpoint") == only(other, "AWS::SageMaker::Endpoint")
    assert rollback_alarms(usual).keys() == rollback_alarms(other).keys()
    assert not any("AlarmName" in alarm for alarm in rollback_alarms(other).values())


def test_a_rollback_waits_for_two_bad_minutes_of_three_of_what_was_promised() -> None:
    """SageMaker fact 11: 100 ms are 100,000 of ModelLatency's microseconds; of the 0.1 % that may fail, 14.4 times."""
    found = {
        alarm["MetricName"]: (
            alarm["Namespace"],
            alarm.get("Statistic") or alarm["ExtendedStatistic"],
            alarm["ComparisonOperator"],
            alarm["Threshold"],
            (alarm["Period"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]),
        )
        for alarm in rollback_alarms(deployed().template).values()
    }
    assert found == {
        "ModelLatency": ("AWS/SageMaker", "p99", "GreaterThanThreshold", 100_000, (60, 2, 3)),
        "Invocation5XXErrors": ("AWS/SageMaker", "Average", "GreaterThanThreshold", 0.0144, (60, 2, 3)),
    }


@pytest.mark.parametrize("strategy", [Strategy.CANARY, Strategy.LINEAR, Strategy.ROLLING])
def test_no_step_of_a_rollout_is_over_before_the_alarms_have_seen_it(strategy: Strategy) -> None:
    """They look at three minutes, and a metric comes a minute or two late: what bakes shorter is never rolled back."""
    assert Rollout(strategy=strategy, bake_minutes=5).bake_s > 3 * 60
    with pytest.raises(ValueError, match="5 or more"):
        Rollout(strategy=strategy, bake_minutes=4)


def test_a_new_fleet_gets_new_alarms() -> None:
    """Changed in place, an alarm keeps the state that the old fleet left it in, and the fix would be rolled back."""
    before, after = (deployed(s3_uri=f"s3://models/triage/{version}/model.tar.gz").template for version in (1, 2))
    assert not rollback_alarms(before).keys() & rollback_alarms(after).keys()
    telling = [set(template.find_resources("AWS::CloudWatch::Alarm")) for template in (before, after)]
    assert len(telling[0] & telling[1]) == 4, "the alarms for people stay"


def test_whatever_makes_a_new_configuration_makes_a_new_fleet() -> None:
    """SageMaker fact 9: models and configurations are never changed but replaced, so that alarms that stay would watch
    another fleet in the old one's state, and not only with another model. Their ids have this version."""
    stack = empty_stack()
    usual = variant(stack)
    (container,) = usual.containers
    image = ContainerImage.from_uri(stack, "Changed", uri="111122223333.dkr.ecr.us-east-1.amazonaws.com/serving:2")
    model = ModelData.from_s3_uri(stack, "ChangedModel", s3_uri="s3://models/triage/2/model.tar.gz")
    changed = {
        "instance type": replace(usual, compute=Compute(instance_type="ml.c7i.xlarge")),
        "serverless": replace(usual, compute=Compute(serverless=Serverless(memory_mb=3072, max_concurrency=20))),
        "weight": replace(usual, weight=2),
        "fewest instances": replace(usual, scaling=Scaling(min=3, max=20, target=8)),
        "image": replace(usual, containers=(replace(container, image=image),)),
        "model": replace(usual, containers=(replace(container, model=model),)),
        "environment": replace(usual, containers=(replace(container, environment={"WORKERS": "2"}),)),
    }
    version = version_of(stack, variants=[usual])
    assert {name for name, each in changed.items() if version_of(stack, variants=[each]) == version} == set()
    other = empty_stack()
    assert version_of(other, variants=[variant(other)]) == version, "the same at every synthesis"


def test_a_token_counts_by_what_it_resolves_to() -> None:
    """The text of a token has its number, which says in which order tokens were made."""
    stack = empty_stack()
    key, other = aws_kms.Key(stack, "Key"), aws_kms.Key(stack, "Other")
    first, again = (version_of(stack, variants=[], subnet_ids=[Fn.join("", ["key/", key.key_id])]) for _ in range(2))
    assert first == again
    assert first != version_of(stack, variants=[], subnet_ids=[Fn.join("", ["key/", other.key_id])])


def test_an_objective_counts_and_its_threshold_does_not() -> None:
    """A threshold changes in the alarm; another alarm changes what the endpoint lists."""
    stack = empty_stack()
    promises = [PROMISED, Objectives(latency_p99_ms=200, availability=99), Objectives(availability=99.9), Objectives()]
    versions = [version_of(stack, variants=[], objectives=each) for each in promises]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


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
