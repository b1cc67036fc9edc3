"""The alarms of one cluster."""

from aws_cdk import aws_cloudwatch, aws_sns
from constructs import Construct

from inference_constructs.eks.addons.load_balancer_controller_manifests import NAME, NAMESPACE
from inference_constructs.eks.common.metrics import ClusterMetrics, DeploymentMetrics
from inference_constructs.observability.service_alarm import Condition, ServiceAlarm

_PENDING_MINUTES = 30
_SILENT_MINUTES = 15
_ABSENT_MINUTES = 15


class ClusterAlarms(Construct):
    """Nodes that fail, pods for which there is no node, whoever they belong to, and a cluster that says nothing.

    On managed node groups also a load balancer controller that is not whole: without it no service gets a new pod.

    Silence is there for the others: all of them take no data for no trouble, and are blind without the metrics. A new
    cluster has none yet, so that it rings until the cluster's first node reports.

    How near a node pool is to its limit is no metric of Container Insights; pods that stay pending tell of it.

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
        topic: aws_sns.ITopic | None,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: The cluster.
            on_auto_mode: Whether EKS runs the controllers, so that their pods are nobody's concern.
            topic: Who is told.
        """
        super().__init__(scope, construct_id)
        self._topic = topic
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
        silent = f"{cluster_name} has had no node, or has told nothing of itself, for {_SILENT_MINUTES} minutes."
        waiting = f"Pods on {cluster_name} have been waiting for {_PENDING_MINUTES} minutes to start."
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (
            self._alarm("FailedNodes", failed, f"A node of {cluster_name} is not well for 5 minutes.", "failed-nodes"),
            self._alarm("PendingPods", pending, waiting, "pending-pods"),
            self._alarm("Silence", silence, silent, "silent-cluster"),
            *([] if on_auto_mode else [self._create_controller_alarm(cluster_name)]),
        )

    def _create_controller_alarm(self, cluster_name: str) -> aws_cloudwatch.Alarm:
        """Its pods run in a crash loop as well as when they work, so that what is missing is counted."""
        pods = DeploymentMetrics(cluster_name=cluster_name, namespace=NAMESPACE, deployment=NAME)
        condition = Condition(
            metric=pods.unready_pods(), threshold=0, bad_periods=_ABSENT_MINUTES, of_periods=_ABSENT_MINUTES
        )
        description = (
            f"A pod of the load balancer controller on {cluster_name} is missing for {_ABSENT_MINUTES} minutes."
        )
        return self._alarm("LoadBalancerController", condition, description, "load-balancer-controller")

    def _alarm(self, construct_id: str, condition: Condition, description: str, runbook: str) -> aws_cloudwatch.Alarm:
        return ServiceAlarm(
            self, construct_id, condition=condition, description=description, runbook=runbook, topic=self._topic
        ).alarm
