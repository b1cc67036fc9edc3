"""The alarms of one cluster."""

from aws_cdk import aws_cloudwatch
from constructs import Construct

from inference_constructs.eks.addons.load_balancer_controller_manifests import NAME, NAMESPACE
from inference_constructs.eks.common.contract import METRICS_NAMESPACE
from inference_constructs.eks.common.metrics import ClusterMetrics, DeploymentMetrics
from inference_constructs.observability.alarm_group import AlarmGroup
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from inference_constructs.observability.service_alarm import Condition

_PENDING_MINUTES = 30
_SILENT_MINUTES = 15
_ABSENT_MINUTES = 15
#: What services scale by, and the symptom by which its alarm is known.
_PIPELINE = {"prometheus": "Prometheus", "prometheus-adapter": "PrometheusAdapter"}


class ClusterAlarms(AlarmGroup):
    """Failed nodes, pods without a node, a cluster that reports no metrics, and pods of what services scale by.

    On managed node groups also missing replicas of the load balancer controller: without it no new pod gets traffic.

    The alarm on missing metrics guards the others, which treat missing data as not breaching. A new cluster has no
    metrics yet, so this alarm is in ALARM until the cluster's first node reports.

    Container Insights has no metric for how close a node pool is to its limit; pods that stay Pending show it.

    Attributes:
        alarms: The alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster_name: str,
        on_auto_mode: bool,
        settings: AlarmSettings | None = None,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: The cluster.
            on_auto_mode: Whether EKS runs the controllers, so that there are no pods of theirs to watch.
            settings: Name prefix, notifications and the runbooks' address. Default: nobody is notified.
        """
        super().__init__(scope, construct_id, settings=settings or AlarmSettings())
        metrics = ClusterMetrics(cluster_name=cluster_name)
        failed = Condition(metric=metrics.failed_nodes(), threshold=0, bad_periods=5, of_periods=5)
        pending = Condition(
            metric=metrics.pending_pods(), threshold=0, bad_periods=_PENDING_MINUTES, of_periods=_PENDING_MINUTES
        )
        silence = Condition(
            metric=metrics.nodes(),
            threshold=1,
            bad_periods=_SILENT_MINUTES,
            of_periods=_SILENT_MINUTES,
            below=True,
            missing_is_bad=True,
        )
        silent = f"{cluster_name} has reported no nodes, or no metrics at all, for {_SILENT_MINUTES} minutes."
        waiting = f"Pods on {cluster_name} have been Pending for {_PENDING_MINUTES} minutes."
        unhealthy = f"A node of {cluster_name} has been unhealthy (such as NotReady) for 5 minutes."
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (
            self._alarm("FailedNodes", failed, unhealthy, Runbook.FAILED_NODES),
            self._alarm("PendingPods", pending, waiting, Runbook.PENDING_PODS),
            self._alarm("SilentCluster", silence, silent, Runbook.SILENT_CLUSTER),
            *(self._create_pipeline_alarm(cluster_name, *each) for each in _PIPELINE.items()),
            *([] if on_auto_mode else [self._create_controller_alarm(cluster_name)]),
        )

    def _create_pipeline_alarm(self, cluster_name: str, app: str, symptom: str) -> aws_cloudwatch.Alarm:
        pods = DeploymentMetrics(cluster_name=cluster_name, namespace=METRICS_NAMESPACE, deployment=app)
        condition = Condition(
            metric=pods.unready_pods(), threshold=0, bad_periods=_ABSENT_MINUTES, of_periods=_ABSENT_MINUTES
        )
        description = (
            f"{app} on {cluster_name} has had fewer Ready pods than desired for {_ABSENT_MINUTES} minutes; without any,"
            " services scale on CPU only."
        )
        return self._alarm(symptom, condition, description, Runbook.METRICS_PIPELINE)

    def _create_controller_alarm(self, cluster_name: str) -> aws_cloudwatch.Alarm:
        """Count what is missing: pods in a crash loop are Running as well."""
        pods = DeploymentMetrics(cluster_name=cluster_name, namespace=NAMESPACE, deployment=NAME)
        condition = Condition(
            metric=pods.unready_pods(), threshold=0, bad_periods=_ABSENT_MINUTES, of_periods=_ABSENT_MINUTES
        )
        description = (
            f"The load balancer controller on {cluster_name} has had fewer Ready pods than desired for"
            f" {_ABSENT_MINUTES} minutes."
        )
        return self._alarm("LoadBalancerController", condition, description, Runbook.LOAD_BALANCER_CONTROLLER)
