"""What a service asks for and where it runs: frozen values, read from YAML. Knows nothing of the CDK."""

from inference_constructs.config.backends import read_service
from inference_constructs.config.eks.cluster import Clusters, Disk, Disruption, Headroom, NodePool, SupportImages
from inference_constructs.config.eks.container import ServerContainer
from inference_constructs.config.eks.environment import clusters_of
from inference_constructs.config.eks.load_balancer import Authentication, LoadBalancer
from inference_constructs.config.eks.pods import Pods, ScaleIn, ScaleOut
from inference_constructs.config.eks.service import ResolvedPodVariant, ServiceOnEks
from inference_constructs.config.errors import ConfigError, Problem
from inference_constructs.config.models.compute import CapacityReservation, Compute, Serverless
from inference_constructs.config.models.environment import Chat, Environment, EnvironmentFile, Limits
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.instance_types import InstanceType, find_instance_type
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.models.network import ExistingVpc, Network
from inference_constructs.config.models.objectives import Objectives
from inference_constructs.config.models.rollout import Rollout, Strategy
from inference_constructs.config.models.scaling import Scaling, ScalingMetric, ScalingTarget, Schedule, Step, Steps
from inference_constructs.config.models.service import Service
from inference_constructs.config.models.variant import (
    CANDIDATE,
    Candidate,
    Container,
    ResolvedVariant,
    Shadow,
    VariantSettings,
)
from inference_constructs.config.pipeline.pipeline import Pipeline, StepVpc, Wave
from inference_constructs.config.pipeline.promotion import Promotion
from inference_constructs.config.pipeline.source import Source
from inference_constructs.config.sagemaker.data_capture import DataCapture
from inference_constructs.config.sagemaker.endpoint_metrics import EndpointMetrics
from inference_constructs.config.sagemaker.service import SageMakerSettings, ServiceOnSageMaker
from inference_constructs.config.yaml.project import Project, load_environment, load_project

__all__ = [
    "CANDIDATE",
    "Authentication",
    "Candidate",
    "CapacityReservation",
    "Chat",
    "Clusters",
    "Compute",
    "ConfigError",
    "Container",
    "DataCapture",
    "Disk",
    "Disruption",
    "EndpointMetrics",
    "Environment",
    "EnvironmentFile",
    "ExistingVpc",
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
    "ResolvedPodVariant",
    "ResolvedVariant",
    "Rollout",
    "SageMakerSettings",
    "ScaleIn",
    "ScaleOut",
    "Scaling",
    "ScalingMetric",
    "ScalingTarget",
    "Schedule",
    "ServerContainer",
    "Serverless",
    "Service",
    "ServiceOnEks",
    "ServiceOnSageMaker",
    "Shadow",
    "Source",
    "Step",
    "StepVpc",
    "Steps",
    "Strategy",
    "SupportImages",
    "VariantSettings",
    "Wave",
    "clusters_of",
    "find_instance_type",
    "load_environment",
    "load_project",
    "read_service",
]
