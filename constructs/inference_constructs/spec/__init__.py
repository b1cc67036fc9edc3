"""What a service asks for and where it runs: frozen values, read from YAML. Knows nothing of the CDK."""

from inference_constructs.spec.compute import Compute, Serverless
from inference_constructs.spec.data_capture import DataCapture
from inference_constructs.spec.environment import Environment, EnvironmentFile, Network
from inference_constructs.spec.errors import Problem, SpecError
from inference_constructs.spec.image import Image
from inference_constructs.spec.instance_types import InstanceType, find_instance_type
from inference_constructs.spec.model_source import ModelSource
from inference_constructs.spec.objectives import Objectives
from inference_constructs.spec.project import Project, load_environment, load_project
from inference_constructs.spec.rollout import Rollout, Strategy
from inference_constructs.spec.scaling import Scaling, ScalingMetric, ScalingTarget, Schedule, Step, Steps
from inference_constructs.spec.service import SageMakerSettings, Service
from inference_constructs.spec.variant import Container, ResolvedVariant, Shadow, VariantSettings

__all__ = [
    "Compute",
    "Container",
    "DataCapture",
    "Environment",
    "EnvironmentFile",
    "Image",
    "InstanceType",
    "ModelSource",
    "Network",
    "Objectives",
    "Problem",
    "Project",
    "ResolvedVariant",
    "Rollout",
    "SageMakerSettings",
    "Scaling",
    "ScalingMetric",
    "ScalingTarget",
    "Schedule",
    "Serverless",
    "Service",
    "Shadow",
    "SpecError",
    "Step",
    "Steps",
    "Strategy",
    "VariantSettings",
    "find_instance_type",
    "load_environment",
    "load_project",
]
