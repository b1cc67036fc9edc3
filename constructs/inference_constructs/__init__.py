"""CDK constructs that put a trained model in front of live traffic. What most apps need is named here."""

from inference_constructs.container_image import ContainerImage
from inference_constructs.model_data import ModelData
from inference_constructs.model_package import ModelPackage
from inference_constructs.sagemaker import Container, SageMakerEndpoint, Variant
from inference_constructs.spec import Compute, DataCapture, Objectives, Rollout, Scaling, ScalingMetric, Strategy

__all__ = [
    "Compute",
    "Container",
    "ContainerImage",
    "DataCapture",
    "ModelData",
    "ModelPackage",
    "Objectives",
    "Rollout",
    "SageMakerEndpoint",
    "Scaling",
    "ScalingMetric",
    "Strategy",
    "Variant",
]
