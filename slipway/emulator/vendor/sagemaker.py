"""What moto knows of SageMaker and of Application Auto Scaling."""

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.core.request import Request
from moto.core.responses import BaseResponse
from moto.sagemaker.models import FakeEndpointConfig, Model, SageMakerModelBackend

from slipway.emulator.vendor.compatibility import Expectation, parameters


def model_store(backend: SageMakerModelBackend) -> dict[str, Model]:
    """Moto's models by name."""
    return backend._models  # noqa: SLF001


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    hosting, scaling = SageMakerModelBackend, ApplicationAutoscalingBackend
    return [
        ("moto Request.from_primitives", parameters(Request.from_primitives) == ["method", "url", "headers", "body"]),
        ("moto BaseResponse.dispatch", callable(BaseResponse.dispatch)),
        ("moto SageMakerModelBackend.describe_model", parameters(hosting.describe_model) == ["self", "model_name"]),
        (
            "moto SageMakerModelBackend.describe_endpoint_config",
            parameters(hosting.describe_endpoint_config) == ["self", "endpoint_config_name"],
        ),
        ("moto SageMakerModelBackend's stores", {"_models", "endpoints", "endpoint_configs"} <= _stores()),
        (
            "moto FakeEndpointConfig.validate_instance_type",
            parameters(FakeEndpointConfig.validate_instance_type) == ["self", "instance_type"],
        ),
        (
            "moto FakeEndpointConfig.validate_production_variants",
            parameters(FakeEndpointConfig.validate_production_variants) == ["self", "production_variants"],
        ),
        (
            "moto ApplicationAutoscalingBackend.describe_scalable_targets",
            parameters(scaling.describe_scalable_targets) == ["self", "namespace", "r_ids", "dimension"],
        ),
    ]


def _stores() -> set[str]:
    return set(vars(SageMakerModelBackend(region_name="us-east-1", account_id="123456789012")))
