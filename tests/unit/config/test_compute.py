"""What instances may be given to start is what the SageMaker API takes, and fits the type."""

from typing import Any, get_args

import botocore.session
import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from inference_constructs.config.models.compute import CUDA_OF_AMIS, Compute, InferenceAmi
from inference_constructs.config.models.instance_types import FAMILIES
from tests.unit.config.test_service import service

_API: Any = botocore.session.get_session().get_service_model("sagemaker")
_ARN = "arn:aws:sagemaker:us-east-1:111122223333:training-plan"
_IN_THE_API = {
    "volume_size_gb": "VolumeSizeInGB",
    "model_data_download_timeout_s": "ModelDataDownloadTimeoutInSeconds",
    "container_startup_health_check_timeout_s": "ContainerStartupHealthCheckTimeoutInSeconds",
    "instance_provision_timeout_s": "VariantInstanceProvisionTimeoutInSeconds",
}


def _bounds(field: FieldInfo) -> dict[str, int]:
    (kind, *_) = get_args(field.annotation)
    details = [*field.metadata, *(each for part in get_args(kind) for each in getattr(part, "metadata", ()))]
    return {
        name: getattr(each, attribute)
        for each in details
        for name, attribute in (("min", "ge"), ("max", "le"))
        if hasattr(each, attribute)
    }


@pytest.mark.parametrize(("key", "member"), _IN_THE_API.items())
def test_bounds_are_the_apis(key: str, member: str) -> None:
    shape = _API.shape_for("ProductionVariant").members[member]
    assert _bounds(Compute.model_fields[key]) == {bound: shape.metadata[bound] for bound in ("min", "max")}


def test_images_of_instances_are_the_apis() -> None:
    shape = _API.shape_for("ProductionVariantInferenceAmiVersion")
    assert set(get_args(InferenceAmi)) == set(shape.enum)
    assert set(CUDA_OF_AMIS) == {ami for ami in shape.enum if "-gpu-" in ami}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_volume_has_a_size_where_no_local_storage_has(family: str) -> None:
    """SageMaker attaches no EBS volume to types with NVMe: the size would go unheard."""
    details = FAMILIES[family]
    name = f"ml.{family}.{details.sizes[0]}"
    if details.local_nvme:
        with pytest.raises(ValidationError, match=f"none on {name}, whose local NVMe storage"):
            Compute(instance_type=name, volume_size_gb=200)
    else:
        assert Compute(instance_type=name, volume_size_gb=200).volume_size_gb == 200


@pytest.mark.parametrize(
    ("compute", "told"),
    [
        ({"instance_type": "ml.c7i.large", "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1"}, "none on"),
        ({"instance_type": "ml.inf1.xlarge", "inference_ami_version": "al2-ami-sagemaker-inference-neuron-2"}, "none"),
        (
            {"instance_type": "ml.inf2.xlarge", "inference_ami_version": "al2-ami-sagemaker-inference-gpu-2"},
            "on ml.inf2.xlarge al2-ami-sagemaker-inference-neuron-2",
        ),
        ({"instance_type": "ml.g5.xlarge", "inference_ami_version": "al2-ami-sagemaker-inference-neuron-2"}, "gpu-4-1"),
        ({"instance_type": "ml.g5.xlarge", "instance_pools": ("ml.g5.xlarge", "ml.g6.xlarge")}, "exactly one of"),
        ({"instance_pools": ("ml.g5.xlarge",)}, "2 to 5 instance types"),
        ({"instance_pools": ("ml.g5.xlarge", "ml.g5.xlarge")}, "each one once"),
        ({"instance_pools": ("ml.g5.xlarge", "ml.c7i.large")}, "processor and accelerator of ml.g5.xlarge"),
        ({"instance_pools": ("ml.c7i.large", "ml.c7g.large")}, "processor and accelerator of ml.c7i.large"),
        ({"instance_pools": ("ml.g5.xlarge", "ml.g5.tiny")}, "ml.g5.xlarge, ml.g5.2xlarge"),
        ({"instance_pools": ("ml.c7i.large", "ml.t2.medium")}, "not burstable"),
        (
            {
                "instance_pools": ("ml.g5.xlarge", "ml.g6.xlarge"),
                "capacity_reservation": {"ml_reservation_arn": f"{_ARN}/a"},
            },
            "has to be the plan's type",
        ),
        ({"instance_type": "ml.g5.xlarge", "instance_provision_timeout_s": 600}, "together with instance_pools only"),
        ({"serverless": {}, "volume_size_gb": 20}, "no volume_size_gb with serverless"),
        ({"serverless": {}, "container_startup_health_check_timeout_s": 600}, "no container_startup"),
        (
            {"instance_type": "ml.p5.48xlarge", "capacity_reservation": {"ml_reservation_arn": "arn:aws:ec2:x"}},
            "training-plan/NAME",
        ),
    ],
)
def test_what_does_not_fit_the_type_is_refused(compute: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Compute(**compute)


def _image(repository: str, version: str) -> dict[str, str]:
    return {"deep_learning_container": repository, "version": version}


_VLLM = _image("vllm", "0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker")


@pytest.mark.parametrize(
    ("image", "compute"),
    [
        (_VLLM, {"instance_type": "ml.g6e.12xlarge"}),
        (_VLLM, {"instance_type": "ml.g5.xlarge", "inference_ami_version": "al2023-ami-sagemaker-inference-gpu-4-1"}),
        (_image("vllm", "server-sagemaker-cuda-v2.6"), {"instance_type": "ml.g5.xlarge"}),
        (_image("sglang", "0.5.18-gpu-py312-cu130-ubuntu24.04-sagemaker"), {"instance_type": "ml.p5.48xlarge"}),
        (_image("djl-inference", "0.33.0-lmi15.0.0-cu128"), {"instance_type": "ml.g6.12xlarge"}),
        (_image("djl-inference", "0.30.0-neuronx-sdk2.20.1"), {"instance_type": "ml.inf2.24xlarge"}),
        (_image("djl-inference", "0.31.0-cpu-full"), {"instance_type": "ml.c7i.4xlarge"}),
        (_image("sagemaker-tritonserver", "25.04-py3"), {"instance_type": "ml.g5.xlarge"}),
        (_image("sagemaker-tritonserver", "25.04-py3"), {"instance_type": "ml.c7i.large"}),
        (
            _image("huggingface-vllm", "0.26.0-transformers5.10.2-gpu-py312-cu130-ubuntu22.04"),
            {"instance_type": "ml.g5.xlarge"},
        ),
        (
            _image("huggingface-vllm-inference-neuronx", "0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04"),
            {"instance_type": "ml.trn1.32xlarge"},
        ),
        (
            _image("pytorch-inference-arm64", "2.6.0-cpu-py312-ubuntu22.04-sagemaker"),
            {"instance_type": "ml.c7g.large"},
        ),
    ],
)
def test_awss_images_run_on_what_they_are_built_for(image: dict[str, str], compute: dict[str, Any]) -> None:
    assert service(image=image, sagemaker=compute).image is not None


@pytest.mark.parametrize(
    ("image", "compute", "told"),
    [
        (_VLLM, {"instance_type": "ml.c7i.large"}, "what has a gpu"),
        (_VLLM, {"instance_type": "ml.inf2.xlarge"}, "what has a gpu"),
        (
            _VLLM,
            {"instance_type": "ml.g5.xlarge", "inference_ami_version": "al2-ami-sagemaker-inference-gpu-3-1"},
            "12",
        ),
        (_image("vllm", "0.28.0-gpu-py312-cu130-ubuntu24.04-ec2"), {"instance_type": "ml.g5.xlarge"}, "-sagemaker"),
        (_image("djl-inference", "0.30.0-neuronx-sdk2.20.1"), {"instance_type": "ml.inf1.xlarge"}, "neuron in its"),
        (_image("djl-inference", "0.31.0-cpu-full"), {"instance_type": "ml.trn1.2xlarge"}, "no accelerator"),
        (
            _image("pytorch-inference", "2.6.0-cpu-py312-ubuntu22.04-sagemaker"),
            {"instance_type": "ml.c7g.large"},
            "built for x86_64",
        ),
        (_image("sagemaker-tritonserver", "23.08-py3"), {"instance_type": "ml.g5.xlarge"}, "23.12-py3 or later"),
        (_image("pytorch-training", "2.6.0-gpu-py312-cu126"), {"instance_type": "ml.g5.xlarge"}, "djl-inference or"),
    ],
)
def test_awss_images_are_refused_elsewhere(image: dict[str, str], compute: dict[str, Any], told: str) -> None:
    """Each would fail after half an hour in AWS."""
    with pytest.raises(ValidationError, match=told):
        service(image=image, sagemaker=compute)


def test_serverless_has_no_accelerator() -> None:
    values: dict[str, Any] = {"scaling": {}, "objectives": {}, "sagemaker": {"serverless": {"memory_mb": 2048}}}
    with pytest.raises(ValidationError, match="what has a gpu"):
        service(image=_VLLM, **values)


@pytest.mark.parametrize(
    ("sagemaker", "told"),
    [
        ({"network_isolation": False}, "vpc .* or internet"),
        ({"egress": "vpc"}, "with network_isolation: false only"),
        (
            {"network_isolation": False, "egress": "internet", "instance_type": None, "serverless": {}},
            "with serverless",
        ),
    ],
)
def test_a_container_that_is_not_isolated_says_what_it_reaches(sagemaker: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        service(objectives={}, scaling={}, sagemaker={"instance_type": "ml.c7i.large"} | sagemaker)


def test_an_endpoint_has_one_plan() -> None:
    plans = [
        {"instance_type": "ml.p5.48xlarge", "capacity_reservation": {"ml_reservation_arn": f"{_ARN}/{name}"}}
        for name in ("a", "b")
    ]
    variants = {"one": {"sagemaker": plans[0]}, "two": {"sagemaker": plans[1]}}
    with pytest.raises(ValidationError, match="one plan for all variants"):
        service(variants=variants)


def test_a_sum_is_tracked_only_where_all_types_have_as_many() -> None:
    scaling = {"min": 2, "max": 4, "metric": "gpu_utilization", "target": 60}
    with pytest.raises(ValidationError, match="as many gpus each"):
        service(scaling=scaling, sagemaker={"instance_pools": ["ml.g6e.12xlarge", "ml.g5.48xlarge"]})
    assert service(scaling=scaling, sagemaker={"instance_pools": ["ml.g6e.12xlarge", "ml.g5.12xlarge"]})


def test_an_update_that_sagemaker_would_give_up_is_refused() -> None:
    """SageMaker fact 5: 8 hours at most, and a rolling update starts instances in every batch."""
    slow = {
        "instance_type": "ml.g5.xlarge",
        "model_data_download_timeout_s": 3600,
        "container_startup_health_check_timeout_s": 3600,
    }
    with pytest.raises(ValidationError, match="and may take 8 hours"):
        service(sagemaker=slow, scaling={"min": 2, "max": 2}, rollout={"strategy": "rolling", "batch_percent": 20})
    assert service(sagemaker=slow, scaling={"min": 2, "max": 2}, rollout={"strategy": "canary", "bake_minutes": 10})


def test_a_variant_without_settings_of_its_own_has_all_of_the_services() -> None:
    settings = {"instance_type": "ml.g5.xlarge", "container_startup_health_check_timeout_s": 1200}
    (variant,) = service(sagemaker=settings).production_variants
    assert variant.compute == Compute.model_validate(settings)
