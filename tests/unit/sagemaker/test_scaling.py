"""Automatic scaling of a variant."""

import pytest

from inference_constructs.config import Scaling, ScalingMetric, ScalingTarget, Schedule, Step, Steps
from tests.templates import only, resources
from tests.unit.sagemaker.endpoints import deployed

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


def test_the_target_waits_for_the_endpoint_and_goes_before_it() -> None:
    """SageMaker fact 8: the resource id comes from the endpoint, so CloudFormation orders the two."""
    template = deployed().template
    (endpoint,) = template.find_resources("AWS::SageMaker::Endpoint")
    target = only(template, TARGET)
    assert target["ResourceId"] == {
        "Fn::Join": ["", ["endpoint/", {"Fn::GetAtt": [endpoint, "EndpointName"]}, "/variant/main"]]
    }
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 20)
    assert target["ScalableDimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert "RoleARN" not in target, "the service-linked role scales variants"


@pytest.mark.parametrize(
    ("metric", "predefined"),
    [
        (ScalingMetric.CONCURRENT_REQUESTS, "SageMakerVariantConcurrentRequestsPerModelHighResolution"),
        (ScalingMetric.INVOCATIONS_PER_INSTANCE, "SageMakerVariantInvocationsPerInstance"),
    ],
)
def test_each_metric_is_sagemakers_own(metric: ScalingMetric, predefined: str) -> None:
    """SageMaker fact 12: concurrency is followed at high resolution."""
    scaling = Scaling(min=2, max=4, metric=metric, target=300, scale_in_cooldown_s=500, scale_out_cooldown_s=20)
    policy = only(deployed(scaling=scaling).template, POLICY)
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "PredefinedMetricSpecification": {"PredefinedMetricType": predefined},
        "TargetValue": 300,
        "ScaleInCooldown": 500,
        "ScaleOutCooldown": 20,
    }


def test_cooldowns_are_those_that_aws_recommends() -> None:
    """SageMaker fact 12: in 600 s, out 30 s."""
    configuration = only(deployed().template, POLICY)["TargetTrackingScalingPolicyConfiguration"]
    assert (configuration["ScaleInCooldown"], configuration["ScaleOutCooldown"]) == (600, 30)


def test_a_fixed_number_of_instances_is_not_scaled() -> None:
    template = deployed(scaling=Scaling(min=2, max=2)).template
    template.resource_count_is(TARGET, 0)
    template.resource_count_is(POLICY, 0)


@pytest.mark.parametrize(
    ("metric", "instance_type", "name", "target"),
    [
        (ScalingMetric.CPU_UTILIZATION, "ml.c7i.2xlarge", "CPUUtilization", 50 * 8),
        (ScalingMetric.GPU_UTILIZATION, "ml.g5.12xlarge", "GPUUtilization", 50 * 4),
    ],
)
def test_utilisation_is_held_in_the_units_of_the_metric(
    metric: ScalingMetric, instance_type: str, name: str, target: int
) -> None:
    """SageMaker fact 11: percent of an instance, summed over its vCPUs or GPUs."""
    scaling = Scaling(min=2, max=4, metric=metric, target=50)
    policy = only(deployed(scaling=scaling, instance_type=instance_type).template, POLICY)
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["TargetValue"] == target
    assert configuration["CustomizedMetricSpecification"] == {
        "Namespace": "/aws/sagemaker/Endpoints",
        "MetricName": name,
        "Dimensions": [{"Name": "EndpointName", "Value": "dev-triage"}, {"Name": "VariantName", "Value": "main"}],
        "Statistic": "Average",
        "Unit": "Percent",
    }


def test_invocations_derive_from_a_load_test() -> None:
    """SageMaker fact 12: most requests per second x safety factor x 60."""
    scaling = Scaling(min=2, max=4, metric=ScalingMetric.INVOCATIONS_PER_INSTANCE, max_rps=40, safety_factor=0.6)
    configuration = only(deployed(scaling=scaling).template, POLICY)["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["TargetValue"] == 40 * 0.6 * 60


def test_several_metrics_are_several_policies_of_one_target() -> None:
    targets = (ScalingTarget(target=6), ScalingTarget(metric=ScalingMetric.CPU_UTILIZATION, target=55))
    template = deployed(scaling=Scaling(min=2, max=9, targets=targets)).template
    names = {policy["PolicyName"] for policy in resources(template, POLICY)}
    assert names == {"SageMakerVariantConcurrentRequestsPerModelHighResolution", "CPUUtilization"}
    template.resource_count_is(TARGET, 1)


def test_schedules_change_the_bounds_in_their_time_zone() -> None:
    schedule = Schedule(name="day", cron="0 8 ? * MON-FRI *", time_zone="Europe/Berlin", min=4, max=9)
    (action,) = only(deployed(scaling=Scaling(min=2, max=9, target=8, schedules=(schedule,))).template, TARGET)[
        "ScheduledActions"
    ]
    assert action == {
        "ScheduledActionName": "day",
        "Schedule": "cron(0 8 ? * MON-FRI *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 9},
    }


def test_steps_add_more_the_further_the_metric_is_above() -> None:
    """Steps are for what comes faster than tracking sees: one minute is enough. A step begins with its lower bound
    (Application Auto Scaling User Guide, "Step scaling policies"), so the alarm rings at it, not above it."""
    steps = Steps(metric=ScalingMetric.CPU_UTILIZATION, steps=(Step(above=70, add=2), Step(above=90, add=6)))
    template = deployed(scaling=Scaling(min=2, max=9, target=8, steps=steps), instance_type="ml.c7i.xlarge").template
    (policy,) = [each for each in resources(template, POLICY) if each["PolicyType"] == "StepScaling"]
    assert policy["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 80, "ScalingAdjustment": 2},
        {"MetricIntervalLowerBound": 80, "ScalingAdjustment": 6},
    ]
    (alarm,) = [
        each for each in resources(template, "AWS::CloudWatch::Alarm") if "in steps" in each["AlarmDescription"]
    ]
    assert alarm["Threshold"] == 70 * 4, "percent of an instance, summed over its 4 vCPUs"
    when = ("MetricName", "Statistic", "ComparisonOperator", "Period", "EvaluationPeriods", "TreatMissingData")
    assert {key: alarm[key] for key in when} == {
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Period": 60,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
    }
    (policy_id,) = [
        name
        for name, body in template.find_resources(POLICY).items()
        if body["Properties"]["PolicyType"] == "StepScaling"
    ]
    assert alarm["AlarmActions"] == [{"Ref": policy_id}]


def test_steps_by_concurrency_watch_the_maximum() -> None:
    """SageMaker publishes only minimum and maximum of ConcurrentRequestsPerModel."""
    steps = Steps(steps=(Step(above=12, add=3),))
    template = deployed(scaling=Scaling(min=2, max=9, target=8, steps=steps)).template
    (alarm,) = [
        each for each in resources(template, "AWS::CloudWatch::Alarm") if "in steps" in each["AlarmDescription"]
    ]
    (policy,) = [each for each in resources(template, POLICY) if each["PolicyType"] == "StepScaling"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == (
        "ConcurrentRequestsPerModel",
        "Maximum",
        12,
    )
    assert policy["StepScalingPolicyConfiguration"]["MetricAggregationType"] == "Maximum"
