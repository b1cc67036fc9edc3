"""Several versions behind one endpoint, and one in its shadow."""

from typing import Any

import pytest
from aws_cdk.assertions import Template

from inference_constructs.config import Compute, Scaling, Serverless
from inference_constructs.sagemaker.network import EndpointNetwork
from tests.templates import only, resources
from tests.unit.sagemaker.endpoints import deployed, empty_stack, endpoint_of, isolated_vpc, variant

FIXED = Scaling(min=1, max=1)


def described(template: Template, kind: str = "ProductionVariants") -> dict[str, dict[str, Any]]:
    config = only(template, "AWS::SageMaker::EndpointConfig")
    return {each["VariantName"]: each for each in config.get(kind, [])}


@pytest.fixture(scope="module")
def a_b() -> Template:
    stack = empty_stack()
    return endpoint_of(
        stack,
        [
            variant(stack, "champion", weight=9),
            variant(stack, "challenger", weight=1, instance_type="ml.g5.xlarge", scaling=FIXED),
            variant(stack, "next", weight=0, scaling=FIXED),
        ],
    ).template


def test_traffic_is_shared_by_weight_and_a_weight_of_0_stays_0(a_b: Template) -> None:
    weights = {name: each["InitialVariantWeight"] for name, each in described(a_b).items()}
    assert weights == {"champion": 9, "challenger": 1, "next": 0}


def test_each_variant_has_its_own_instances_and_model(a_b: Template) -> None:
    variants = described(a_b)
    assert variants["challenger"]["InstanceType"] == "ml.g5.xlarge"
    assert variants["champion"]["InstanceType"] == "ml.c7i.large"
    assert len({str(each["ModelName"]) for each in variants.values()}) == 3
    a_b.resource_count_is("AWS::SageMaker::Model", 3)


def test_only_variants_with_room_are_scaled(a_b: Template) -> None:
    target = only(a_b, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert str(target["ResourceId"]).endswith("'/variant/champion']]}")


def test_weights_change_on_update_while_live_counts_are_kept(a_b: Template) -> None:
    """SageMaker fact 6: with RetainAllVariantProperties alone new weights would be ignored."""
    endpoint = only(a_b, "AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_one_variant_with_local_storage_takes_the_key_from_all(a_b: Template) -> None:
    """SageMaker fact 10: the configuration would be refused as a whole."""
    assert "KmsKeyId" not in only(a_b, "AWS::SageMaker::EndpointConfig")


def test_gpu_variants_have_gpu_alarms_in_the_units_of_the_metric() -> None:
    """SageMaker fact 11: GPU metrics are summed over an instance's GPUs."""
    stack = empty_stack()
    template = endpoint_of(stack, [variant(stack, instance_type="ml.g5.12xlarge")]).template
    thresholds = {
        alarm["MetricName"]: alarm["Threshold"]
        for alarm in resources(template, "AWS::CloudWatch::Alarm")
        if "GPU" in alarm["MetricName"]
    }
    assert thresholds == {"GPUUtilization": 360}
    assert "GPUUtilization" not in str(deployed().template.to_json())


def test_a_shadow_gets_a_copy_of_the_one_production_variants_traffic() -> None:
    """SageMaker fact 14: exactly one production and one shadow variant."""
    stack = empty_stack()
    shadow = variant(stack, "candidate", weight=0.5, scaling=FIXED)
    template = endpoint_of(stack, [variant(stack)], shadow=shadow).template
    assert list(described(template)) == ["main"]
    assert described(template, "ShadowProductionVariants")["candidate"]["InitialVariantWeight"] == 0.5
    template.resource_count_is("AWS::SageMaker::Model", 2)
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 1)


def test_a_suspended_variant_is_not_registered_and_keeps_its_live_count() -> None:
    """SageMaker fact 7: only so may its instance type change."""
    template = deployed(scaling=Scaling(min=2, max=20, target=8, suspended=True)).template
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)
    assert only(template, "AWS::SageMaker::Endpoint")["RetainAllVariantProperties"] is True


def test_serverless_has_no_instances_no_network_and_no_key() -> None:
    compute = Compute(serverless=Serverless(memory_mb=3072, max_concurrency=20, provisioned_concurrency=2))
    template = deployed(compute=compute, scaling=FIXED).template
    (found,) = described(template).values()
    assert found["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 20, "ProvisionedConcurrency": 2}
    assert not {"InstanceType", "InitialInstanceCount", "RoutingConfig"} & found.keys()
    model = only(template, "AWS::SageMaker::Model")
    assert not {"VpcConfig", "EnableNetworkIsolation"} & model.keys()
    assert model["PrimaryContainer"]["ModelDataUrl"] == "s3://models/triage/1/model.tar.gz"
    assert "KmsKeyId" not in only(template, "AWS::SageMaker::EndpointConfig")
    metrics = {alarm["MetricName"] for alarm in resources(template, "AWS::CloudWatch::Alarm")}
    assert metrics == {"ModelLatency", "Invocation5XXErrors"}
    assert "DeploymentConfig" not in only(template, "AWS::SageMaker::Endpoint"), "guardrails are for instances"


def test_a_vpc_in_one_zone_is_refused() -> None:
    """SageMaker fact 15."""
    stack = empty_stack()
    vpc = isolated_vpc(stack, ["us-east-1a"])
    with pytest.raises(ValueError, match="in 1 zones; accepted: 2 or more"):
        EndpointNetwork(stack, "Network", endpoint_name="dev-triage", vpc=vpc)
