"""What a service asks for and where it runs: frozen values, read from YAML. Knows nothing of the CDK."""

from inference_constructs.spec.candidate import CANDIDATE, Candidate
from inference_constructs.spec.cluster import Clusters, Disruption, Headroom, NodePool, SupportImages
from inference_constructs.spec.compute import Compute, Serverless
from inference_constructs.spec.data_capture import DataCapture
from inference_constructs.spec.environment import Chat, Environment, EnvironmentFile, Limits
from inference_constructs.spec.errors import Problem, SpecError
from inference_constructs.spec.image import Image
from inference_constructs.spec.instance_types import InstanceType, find_instance_type
from inference_constructs.spec.load_balancer import LoadBalancer
from inference_constructs.spec.model_source import ModelSource
from inference_constructs.spec.network import ExistingVpc, Network
from inference_constructs.spec.objectives import Objectives
from inference_constructs.spec.pipeline import Pipeline, StepVpc, Wave
from inference_constructs.spec.pods import Pods, ScaleIn, ScaleOut
from inference_constructs.spec.project import Project, load_environment, load_project
from inference_constructs.spec.promotion import Promotion
from inference_constructs.spec.rollout import Rollout, Strategy
from inference_constructs.spec.scaling import Scaling, ScalingMetric, ScalingTarget, Schedule, Step, Steps
from inference_constructs.spec.service import Fleet, SageMakerSettings, Service
from inference_constructs.spec.source import Source
from inference_constructs.spec.variant import Container, ResolvedVariant, Shadow, VariantSettings

__all__ = [
    "CANDIDATE",
    "Candidate",
    "Chat",
    "Clusters",
    "Compute",
    "Container",
    "DataCapture",
    "Disruption",
    "Environment",
    "EnvironmentFile",
    "ExistingVpc",
    "Fleet",
    "Headroom",
    "Image",
    "InstanceType",
    "Limits",
    "LoadBalancer",
    "ModelSource",
    "Network",
    "NodePool",
    "Objectives",
    "Pipeline",
    "Pods",
    "Problem",
    "Project",
    "Promotion",
    "ResolvedVariant",
    "Rollout",
    "SageMakerSettings",
    "ScaleIn",
    "ScaleOut",
    "Scaling",
    "ScalingMetric",
    "ScalingTarget",
    "Schedule",
    "Serverless",
    "Service",
    "Shadow",
    "Source",
    "SpecError",
    "Step",
    "StepVpc",
    "Steps",
    "Strategy",
    "SupportImages",
    "VariantSettings",
    "Wave",
    "find_instance_type",
    "load_environment",
    "load_project",
]
