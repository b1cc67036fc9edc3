from .addons.metrics_pipeline import MetricsPipeline
from .cluster.alarms import ClusterAlarms
from .cluster.cluster import InferenceCluster
from .common.cluster_handle import ClusterHandle
from .common.contract import NodeMode
from .common.metrics import ClusterMetrics, DeploymentMetrics, LoadBalancerMetrics, TargetGroupMetrics
from .common.variant import PodVariant
from .ingress.access_logs import AccessLogBucket
from .ingress.settings import Ingress
from .service.service import EksService

__all__ = [
    "AccessLogBucket",
    "ClusterAlarms",
    "ClusterHandle",
    "ClusterMetrics",
    "DeploymentMetrics",
    "EksService",
    "InferenceCluster",
    "Ingress",
    "LoadBalancerMetrics",
    "MetricsPipeline",
    "NodeMode",
    "PodVariant",
    "TargetGroupMetrics",
]
