from .container_image import ContainerImage
from .model_data import ModelData
from .model_package import ModelPackage
from .sagemaker import Container, SageMakerEndpoint, Variant
from .spec import Compute, DataCapture, Objectives, Rollout, Scaling, ScalingMetric, Strategy

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
