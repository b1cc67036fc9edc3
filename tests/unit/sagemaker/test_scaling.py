"""Automatic scaling of a variant."""

import pytest
from aws_cdk import App, Stack

from inference_constructs.sagemaker.scaling import VariantScaling
from inference_constructs.spec import Scaling, ScalingMetric
from tests.templates import only
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


def test_scaling_without_a_target_is_refused() -> None:
    with pytest.raises(ValueError, match="main: scaling from 2 to 2 has no target to hold"):
        VariantScaling(
            Stack(App(), "S"), "Scaling", endpoint_name="e", variant_name="main", scaling=Scaling(min=2, max=2)
        )
