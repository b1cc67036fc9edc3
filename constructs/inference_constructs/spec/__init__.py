"""What a service asks for and where it runs: frozen values, read from YAML. Knows nothing of the CDK."""

from inference_constructs.spec.environment import Environment, EnvironmentFile, Network
from inference_constructs.spec.errors import Problem, SpecError
from inference_constructs.spec.instance_types import InstanceType, find_instance_type
from inference_constructs.spec.objectives import Objectives
from inference_constructs.spec.project import Project, load_environment, load_project
from inference_constructs.spec.scaling import Scaling, ScalingMetric
from inference_constructs.spec.service import Image, ModelSource, SageMakerSettings, Service

__all__ = [
    "Environment",
    "EnvironmentFile",
    "Image",
    "InstanceType",
    "ModelSource",
    "Network",
    "Objectives",
    "Problem",
    "Project",
    "SageMakerSettings",
    "Scaling",
    "ScalingMetric",
    "Service",
    "SpecError",
    "find_instance_type",
    "load_environment",
    "load_project",
]
