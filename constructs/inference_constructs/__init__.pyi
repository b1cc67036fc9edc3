from .common.container_image import ContainerImage
from .common.model_data import ModelData
from .common.model_package import ModelPackage
from .config import Compute, DataCapture, Objectives, Rollout, Scaling, ScalingMetric, Strategy
from .sagemaker import Container, SageMakerEndpoint, Variant

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
