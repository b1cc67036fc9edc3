from .addons.metrics_pipeline import MetricsPipeline
from .cluster.alarms import ClusterAlarms
from .cluster.cluster import InferenceCluster
from .common.contract import NodeMode
from .common.fleet import Fleet
from .common.metrics import ClusterMetrics, DeploymentMetrics, LoadBalancerMetrics, TargetGroupMetrics
from .ingress.access_logs import AccessLogBucket
from .service.service import EksService

__all__ = [
    "AccessLogBucket",
    "ClusterAlarms",
    "ClusterMetrics",
    "DeploymentMetrics",
    "EksService",
    "Fleet",
    "InferenceCluster",
    "LoadBalancerMetrics",
    "MetricsPipeline",
    "NodeMode",
    "TargetGroupMetrics",
]
