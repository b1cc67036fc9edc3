"""What a service promises, and how it takes a new version, reaches its stacks: alarms, rollbacks, rollouts."""

from collections.abc import Iterator
from typing import Any

import pytest

from inference_constructs.config import Objectives, ServiceOnSageMaker, Strategy
from tests.templates import Resource
from tests.validation.templates.deployed_stacks import Deployed

Numbers = dict[tuple[str, str], float]


def measures(alarm: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """The metrics that an alarm looks at, each with its dimensions."""
    metrics = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    for metric in metrics or [alarm]:
        yield metric["MetricName"], {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}


def promised(objectives: Objectives, names: list[str], latency: tuple[str, float], errors: str) -> Numbers:
    """The thresholds by name and metric: errors at the rate that uses up 2 % of a 30-day budget in an hour.

    Args:
        objectives: What is promised.
        names: Of variants.
        latency: The metric, and how much of it a millisecond is.
        errors: The metric whose share of all requests is watched.
    """
    metric, of_a_millisecond = latency
    found: Numbers = {}
    for name in names:
        if objectives.availability is not None:
            found[name, errors] = min(0.02 * 30 * 24 * (1 - objectives.availability / 100), 0.5)
        if objectives.latency_p99_ms is not None:
            found[name, metric] = objectives.latency_p99_ms * of_a_millisecond
    return found


def microseconds(service: ServiceOnSageMaker) -> Numbers:
    """SageMaker's `ModelLatency` is in microseconds (SageMaker Developer Guide, "monitoring-cloudwatch")."""
    names = [variant.name for variant in service.production_variants]
    return promised(service.objectives, names, ("ModelLatency", 1000), "Invocation5XXErrors")


def on_variants(alarms: dict[str, Resource], *, new_fleet: bool) -> Numbers:
    watched = {}
    for alarm in alarms.values():
        for metric, dimensions in measures(alarm):
            if metric in ("ModelLatency", "Invocation5XXErrors") and ("EndpointConfigName" in dimensions) == new_fleet:
                watched[dimensions["VariantName"], metric] = alarm["Threshold"]
    return watched


def test_alarms_on_eks_ring_at_what_the_service_promises(on_eks: list[Deployed]) -> None:
    """`TargetResponseTime` is in seconds (Elastic Load Balancing, "CloudWatch metrics for your ALB")."""
    for stack in on_eks:
        variants, watched = stack.variants, {}
        for alarm in stack.all("AWS::CloudWatch::Alarm").values():
            for metric, dimensions in measures(alarm):
                if metric in ("TargetResponseTime", "HTTPCode_Target_5XX_Count"):
                    watched[variants[dimensions["TargetGroup"]["Fn::GetAtt"][0]], metric] = alarm["Threshold"]
        names = [variant.name for variant in stack.on_eks.pod_variants]
        said = promised(stack.service.objectives, names, ("TargetResponseTime", 0.001), "HTTPCode_Target_5XX_Count")
        assert watched == pytest.approx(said, abs=1e-6), stack.path
    assert any(stack.service.objectives.availability for stack in on_eks)


def test_alarms_on_sagemaker_ring_at_what_the_service_promises(on_sagemaker: list[Deployed]) -> None:
    for stack in on_sagemaker:
        watched = on_variants(stack.all("AWS::CloudWatch::Alarm"), new_fleet=False)
        assert watched == pytest.approx(microseconds(stack.on_sagemaker), abs=1e-6), stack.path
    assert any(stack.service.objectives.availability for stack in on_sagemaker)


def is_serverless(service: ServiceOnSageMaker) -> bool:
    return any(variant.compute.serverless is not None for variant in service.production_variants)


def test_an_update_rolls_back_at_what_the_service_promises(on_sagemaker: list[Deployed]) -> None:
    """SageMaker fact 3: without alarms nothing rolls back, and SageMaker takes 10. A serverless one has no fleets."""
    for stack in on_sagemaker:
        (endpoint,) = stack.all("AWS::SageMaker::Endpoint").values()
        config = endpoint.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
        alarms = stack.all("AWS::CloudWatch::Alarm")
        named = {each["AlarmName"]["Ref"]: alarms[each["AlarmName"]["Ref"]] for each in config.get("Alarms", [])}
        said = {} if is_serverless(stack.on_sagemaker) else microseconds(stack.on_sagemaker)
        first = sorted(said, key=lambda key: key[1])[:10]  # errors before latency
        watched = on_variants(named, new_fleet=True)
        assert watched == pytest.approx({key: said[key] for key in first}, abs=1e-6), stack.path


def test_the_role_may_ask_for_the_state_of_the_alarms_and_for_no_other_accounts(on_sagemaker: list[Deployed]) -> None:
    """SageMaker fact 3: the role that the models run by has to read them, or no update with alarms begins."""
    for stack in on_sagemaker:
        where = f"{stack.environment.region}:{stack.environment.account}"
        roles = {model["ExecutionRoleArn"]["Fn::GetAtt"][0] for model in stack.all("AWS::SageMaker::Model").values()}
        granted = [
            (statement["Effect"], statement["Action"], statement["Resource"], {role["Ref"] for role in policy["Roles"]})
            for policy in stack.all("AWS::IAM::ManagedPolicy").values()
            for statement in policy["PolicyDocument"]["Statement"]
            if "cloudwatch:DescribeAlarms" in statement["Action"]
        ]
        arn = f"arn:aws:cloudwatch:{where}:alarm:*"
        assert granted == [("Allow", "cloudwatch:DescribeAlarms", arn, roles)], stack.path


def test_an_endpoint_takes_a_new_version_as_its_service_says(on_sagemaker: list[Deployed]) -> None:
    """The environment's way is for services that say none."""
    for stack in on_sagemaker:
        (endpoint,) = stack.all("AWS::SageMaker::Endpoint").values()
        rollout, found = stack.rollout, dict(endpoint.get("DeploymentConfig", {}))
        found.pop("AutoRollbackConfiguration", None)
        size = {"Type": "CAPACITY_PERCENT", "Value": rollout.percent}
        wait = {"WaitIntervalInSeconds": rollout.bake_minutes * 60}
        routing: dict[str, Any] = {"Type": rollout.strategy.value.upper()} | wait
        if is_serverless(stack.on_sagemaker):
            said = None
        elif rollout.strategy is Strategy.ROLLING:
            said = {"RollingUpdatePolicy": {"MaximumBatchSize": size} | wait}
        else:
            part = {Strategy.CANARY: {"CanarySize": size}, Strategy.LINEAR: {"LinearStepSize": size}}
            routing |= part.get(rollout.strategy, {})
            keep = {"TerminationWaitInSeconds": rollout.keep_old_minutes * 60}
            said = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing} | keep}
        for policy in found.values():
            del policy["MaximumExecutionTimeoutInSeconds"]
        assert (found or None) == said, stack.path
    assert any(stack.rollout != stack.environment.rollout for stack in on_sagemaker)


def test_pods_are_replaced_as_their_service_says(on_eks: list[Deployed]) -> None:
    """So many beside the old ones at once, each watched for a rolling update's whole bake, and never one pod less."""
    for stack in on_eks:
        rollout = stack.rollout
        found = {name: each["spec"] for name, each in stack.objects("Deployment").items()}
        assert found.keys() == {variant.name for variant in stack.on_eks.pod_variants}, stack.path
        batch = {"maxSurge": f"{rollout.percent or 100}%", "maxUnavailable": 0}
        bake_s = rollout.bake_minutes * 60 if rollout.strategy is Strategy.ROLLING else 0
        for spec in found.values():
            assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": batch}, stack.path
            assert spec["minReadySeconds"] == max(bake_s, 15), stack.path
    assert any(stack.rollout != stack.environment.rollout for stack in on_eks)
