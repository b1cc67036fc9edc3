from .common.container_image import ContainerImage
from .common.encryption_key import EncryptionKey
from .common.model_data import ModelData
from .common.model_package import ModelPackage
from .common.network import ServiceNetwork
from .common.retention import Retention
from .config import (
    Clusters,
    Compute,
    DataCapture,
    LoadBalancer,
    Network,
    NodePool,
    Objectives,
    Pods,
    Rollout,
    Scaling,
    ScalingMetric,
    Strategy,
)
from .eks import (
    AccessLogBucket,
    ClusterAlarms,
    ClusterHandle,
    EksService,
    InferenceCluster,
    Ingress,
    MetricsPipeline,
    PodVariant,
)
from .observability.alarm_settings import AlarmSettings
from .observability.alarm_topic import AlarmTopic
from .observability.runbooks import Runbook
from .observability.service_alarm import Condition, ServiceAlarm
from .pipeline import ArtifactStore, OperationsRole, PipelineTopic, ProtectionRole
from .sagemaker import Container, EndpointBase, SageMakerEndpoint, Variant, VariantMetrics

__all__ = [
    "AccessLogBucket",
    "AlarmSettings",
    "AlarmTopic",
    "ArtifactStore",
    "ClusterAlarms",
    "ClusterHandle",
    "Clusters",
    "Compute",
    "Condition",
    "Container",
    "ContainerImage",
    "DataCapture",
    "EksService",
    "EncryptionKey",
    "EndpointBase",
    "InferenceCluster",
    "Ingress",
    "LoadBalancer",
    "MetricsPipeline",
    "ModelData",
    "ModelPackage",
    "Network",
    "NodePool",
    "Objectives",
    "OperationsRole",
    "PipelineTopic",
    "PodVariant",
    "Pods",
    "ProtectionRole",
    "Retention",
    "Rollout",
    "Runbook",
    "SageMakerEndpoint",
    "Scaling",
    "ScalingMetric",
    "ServiceAlarm",
    "ServiceNetwork",
    "Strategy",
    "Variant",
    "VariantMetrics",
]
