"""What a large model needs to start: time, room, drivers, capacity, and a way out."""

from typing import Any, Final

import pytest
from aws_cdk import Stack, aws_ec2
from aws_cdk.assertions import Match

from inference_constructs.config import Compute, EndpointMetrics, Rollout, Scaling
from tests.unit.sagemaker.endpoints import Deployed, deployed, empty_stack, endpoint_of, isolated_vpc, variant

_PLAN: Final = "arn:aws:sagemaker:us-east-1:111122223333:training-plan/triage"
_CONFIG: Final = "AWS::SageMaker::EndpointConfig"


def _first_variant(deployed_endpoint: Deployed) -> dict[str, Any]:
    (config,) = deployed_endpoint.template.find_resources(_CONFIG).values()
    first: dict[str, Any] = config["Properties"]["ProductionVariants"][0]
    return first


def test_what_instances_are_given_to_start_is_in_the_configuration() -> None:
    compute = Compute(
        instance_type="ml.g5.12xlarge",
        model_data_download_timeout_s=1800,
        container_startup_health_check_timeout_s=2400,
        inference_ami_version="al2023-ami-sagemaker-inference-gpu-4-1",
        capacity_reservation={"ml_reservation_arn": _PLAN, "preference": "capacity-reservations-only"},  # type: ignore[arg-type]
    )
    assert {
        "InstanceType": "ml.g5.12xlarge",
        "ModelDataDownloadTimeoutInSeconds": 1800,
        "ContainerStartupHealthCheckTimeoutInSeconds": 2400,
        "InferenceAmiVersion": "al2023-ami-sagemaker-inference-gpu-4-1",
        "CapacityReservationConfig": {
            "MlReservationArn": _PLAN,
            "CapacityReservationPreference": "capacity-reservations-only",
        },
    }.items() <= _first_variant(deployed(compute=compute)).items()


def test_types_without_local_storage_get_a_volume_of_the_size_that_is_asked_for() -> None:
    compute = Compute(instance_type="ml.inf2.24xlarge", volume_size_gb=300)
    assert _first_variant(deployed(compute=compute))["VolumeSizeInGB"] == 300


def test_pools_are_tried_in_the_order_they_are_written() -> None:
    compute = Compute(
        instance_pools=("ml.g6e.12xlarge", "ml.g6.24xlarge", "ml.g5.48xlarge"), instance_provision_timeout_s=900
    )
    endpoint = deployed(compute=compute, scaling=Scaling(min=2, max=2))
    written = _first_variant(endpoint)
    assert [(pool["Priority"], pool["InstanceType"]) for pool in written["InstancePools"]] == [
        (1, "ml.g6e.12xlarge"),
        (2, "ml.g6.24xlarge"),
        (3, "ml.g5.48xlarge"),
    ]
    assert written["VariantInstanceProvisionTimeoutInSeconds"] == 900
    assert "InstanceType" not in written


@pytest.mark.parametrize(
    ("pools", "summed"),
    [(("ml.g6e.12xlarge", "ml.g5.12xlarge"), {"Cpu", "Gpu"}), (("ml.g6e.12xlarge", "ml.g5.48xlarge"), set())],
)
def test_a_sum_over_vcpus_or_gpus_is_watched_where_all_types_have_as_many(
    pools: tuple[str, ...], summed: set[str]
) -> None:
    endpoint = deployed(compute=Compute(instance_pools=pools), scaling=Scaling(min=2, max=2)).endpoint
    watched = [alarm.node.path for alarm in endpoint.alarms if "Saturation" in alarm.node.path]
    assert {kind for kind in ("Cpu", "Memory", "Gpu") if any(kind in path for path in watched)} == summed | {"Memory"}


def test_no_volume_key_if_any_type_has_local_storage() -> None:
    """SageMaker fact 10."""
    pools = Compute(instance_pools=("ml.c7i.large", "ml.c5d.large"))
    deployed(compute=pools, scaling=Scaling(min=2, max=2)).template.has_resource_properties(
        _CONFIG, {"KmsKeyId": Match.absent()}
    )


@pytest.mark.parametrize(
    ("compute", "start_s"),
    [
        ({"instance_type": "ml.c7i.large"}, 1800),
        ({"instance_type": "ml.c7i.large", "container_startup_health_check_timeout_s": 60}, 1800),
        ({"instance_type": "ml.g5.xlarge", "container_startup_health_check_timeout_s": 3600}, 4800),
        ({"instance_type": "ml.g5.xlarge", "model_data_download_timeout_s": 3600}, 4800),
        ({"instance_pools": ("ml.g5.xlarge", "ml.g6.xlarge"), "instance_provision_timeout_s": 3600}, 4800),
    ],
)
def test_an_update_waits_for_the_slowest_start_that_is_allowed(compute: dict[str, Any], start_s: int) -> None:
    """SageMaker fact 5: what the timeout does not cover, SageMaker takes back in the middle."""
    settings = Compute(**compute)
    assert settings.start_s == start_s
    rollout = Rollout(strategy="canary", bake_minutes=10)  # type: ignore[arg-type]
    stack = empty_stack()
    fleet = [variant(stack, compute=settings, scaling=Scaling(min=2, max=2))]
    endpoint_of(stack, fleet, rollout=rollout).template.has_resource_properties(
        "AWS::SageMaker::Endpoint",
        {
            "DeploymentConfig": {
                "BlueGreenUpdatePolicy": {"MaximumExecutionTimeoutInSeconds": 2 * rollout.bake_s + start_s}
            }
        },
    )


@pytest.mark.parametrize("metrics", [None, EndpointMetrics(detailed_observability=True, publish_every_s=10)])
def test_no_default_of_awss_decides_what_is_published(metrics: EndpointMetrics | None) -> None:
    """Since June 2026 a configuration that says nothing has detailed observability, which is billed."""
    stack = empty_stack()
    endpoint = endpoint_of(stack, [variant(stack)], metrics=metrics)
    endpoint.template.has_resource_properties(
        _CONFIG,
        {
            "MetricsConfig": {
                "EnableDetailedObservability": metrics is not None,
                "EnableEnhancedMetrics": False,
                "MetricPublishFrequencyInSeconds": 10 if metrics else 60,
            }
        },
    )


def _vpc(stack: Stack) -> aws_ec2.IVpc:
    return aws_ec2.Vpc.from_vpc_attributes(
        stack,
        "VpcWithAWayOut",
        vpc_id="vpc-1",
        availability_zones=["us-east-1a", "us-east-1b"],
        isolated_subnet_ids=["subnet-1", "subnet-2"],
        private_subnet_ids=["subnet-3", "subnet-4"],
    )


@pytest.mark.parametrize(
    ("egress", "subnets"),
    [
        ("none", ["subnet-1", "subnet-2"]),
        ("vpc", ["subnet-1", "subnet-2"]),
        ("internet", ["subnet-3", "subnet-4"]),
    ],
)
def test_containers_reach_what_is_stated(egress: str, subnets: list[str]) -> None:
    stack = empty_stack()
    endpoint = endpoint_of(stack, [variant(stack)], vpc=_vpc(stack), egress=egress)
    endpoint.template.has_resource_properties(
        "AWS::SageMaker::Model", {"EnableNetworkIsolation": egress == "none", "VpcConfig": {"Subnets": subnets}}
    )
    endpoint.template.has_resource_properties(
        "AWS::EC2::SecurityGroup", {"SecurityGroupEgress": [Match.object_like({"ToPort": 443, "FromPort": 443})]}
    )


def test_another_isolation_makes_another_configuration() -> None:
    configs = set()
    for egress in ("none", "vpc"):
        stack = empty_stack()
        endpoint = endpoint_of(stack, [variant(stack)], egress=egress)
        configs |= set(endpoint.template.find_resources(_CONFIG))
    assert len(configs) == 2


def test_a_network_without_a_way_out_is_refused() -> None:
    stack = empty_stack()
    with pytest.raises(ValueError, match="private subnets, which have a way to the internet, in 0 zones"):
        endpoint_of(stack, [variant(stack)], vpc=isolated_vpc(stack), egress="internet")
