import pytest
from botocore.exceptions import ClientError

from tests.emulator.sagemaker.hosting import Hosting

_POLICY = {
    "PolicyName": "concurrency",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 8,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
        },
    },
}


def test_only_a_variant_that_exists_can_be_scaled(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    for name, variant in (("gone", "main"), (endpoint, "other")):
        with pytest.raises(ClientError, match=f"endpoint variant not found: endpoint/{name}/variant/{variant}"):
            hosting.register(name, variant)


def test_bounds_that_cross_and_burstable_instances_are_refused(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match="Maximum capacity cannot be less than minimum"):
        hosting.register(hosting.in_service(), low=5, high=4)
    burstable = hosting.endpoint(hosting.config(hosting.variant(hosting.model(), InstanceType="ml.t2.medium")))
    hosting.settled(burstable)
    with pytest.raises(ClientError, match=r"ml\.t2\.medium is burstable"):
        hosting.register(burstable)


def test_a_minimum_above_what_is_live_adds_instances_at_once_and_no_update_goes_with_that(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    hosting.register(endpoint, low=3, high=4)
    assert hosting.describe(endpoint)["EndpointStatus"] == "Updating"
    config = hosting.config(hosting.variant(hosting.model()))
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert hosting.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    hosting.register(endpoint, low=1, high=2)
    assert hosting.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_a_policy_needs_a_target_and_goes_with_it(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/main",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    with pytest.raises(hosting.scaling.exceptions.ObjectNotFoundException, match="No scalable target registered"):
        hosting.scaling.put_scaling_policy(**target, **_POLICY)
    assert hosting.register(endpoint) == target
    hosting.scaling.put_scaling_policy(**target, **_POLICY)
    (policy,) = hosting.scaling.describe_scaling_policies(**target)["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 8
    hosting.scaling.deregister_scalable_target(**target)
    assert hosting.scaling.describe_scaling_policies(**target)["ScalingPolicies"] == []


@pytest.mark.parametrize("change", ["instance-type", "removed"])
def test_a_registered_variant_keeps_its_instance_type(hosting: Hosting, change: str) -> None:
    endpoint = hosting.in_service()
    target = hosting.register(endpoint)
    variant = (
        hosting.variant(hosting.model(), InstanceType="ml.c7i.xlarge")
        if change == "instance-type"
        else hosting.variant(hosting.model(), "other")
    )
    config = hosting.config(variant)
    with pytest.raises(ClientError, match=r'The variant\(s\) "\[.main.\]" must be deregistered as scalable targets'):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert hosting.describe(endpoint)["EndpointStatus"] == "InService"
    hosting.scaling.deregister_scalable_target(**target)
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert hosting.settled(endpoint)["EndpointConfigName"] == config


def test_a_registered_variant_may_get_another_model(hosting: Hosting) -> None:
    endpoint = hosting.in_service()
    hosting.register(endpoint)
    config = hosting.config(hosting.variant(hosting.model()))
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    assert hosting.settled(endpoint)["EndpointConfigName"] == config


def test_pools_are_what_a_variant_runs_on(hosting: Hosting) -> None:
    pools = [
        {"InstanceType": name, "Priority": priority} for priority, name in ((2, "ml.g5.xlarge"), (1, "ml.g6.xlarge"))
    ]
    variant = hosting.variant(hosting.model(), InstancePools=pools)
    del variant["InstanceType"]
    endpoint = hosting.endpoint(hosting.config(variant))
    assert hosting.settled(endpoint)["EndpointStatus"] == "InService"
    hosting.register(endpoint)
    with pytest.raises(ClientError, match="must be deregistered as scalable targets"):
        hosting.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=hosting.config(hosting.variant(hosting.model()))
        )


def test_a_configuration_keeps_the_metrics_it_was_given(hosting: Hosting) -> None:
    metrics = {
        "EnableDetailedObservability": False,
        "EnableEnhancedMetrics": True,
        "MetricPublishFrequencyInSeconds": 10,
    }
    name = "config-with-metrics"
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[hosting.variant(hosting.model())], MetricsConfig=metrics
    )
    assert hosting.sagemaker.describe_endpoint_config(EndpointConfigName=name)["MetricsConfig"] == metrics
