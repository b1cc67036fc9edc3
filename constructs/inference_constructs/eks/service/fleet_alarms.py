"""The alarms of one fleet: what callers see of it, and what the cluster sees of its pods."""

from aws_cdk import Duration, aws_cloudwatch, aws_sns
from constructs import Construct

from inference_constructs.config import Objectives
from inference_constructs.eks.common.fleet import Fleet
from inference_constructs.eks.common.metrics import DeploymentMetrics, TargetGroupMetrics
from inference_constructs.observability import thresholds
from inference_constructs.observability.service_alarm import Condition, ServiceAlarm

#: A node takes about a minute and a half, its image and the model some more. The metric does not tell one waiting pod
#: from the next, and there is always one while traffic rises and pods are added minute by minute.
_PENDING_MINUTES = 30
#: Longer than CloudFormation waits for a rollout, whose new pods are missing until they are ready.
_MISSING_MINUTES = 60
_FEW_RESTARTS = 1
_RESTARTS_WITHIN = Duration.minutes(10)


class FleetAlarms(Construct):
    """Latency and server errors against the objectives; pods that are unhealthy, restart, wait or are missing; limits.

    Attributes:
        promises: The alarms on what was promised.
        alarms: Every alarm, these first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fleet: Fleet,
        traffic: TargetGroupMetrics,
        pods: DeploymentMetrics,
        objectives: Objectives,
        topic: aws_sns.ITopic | None,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            fleet: Whose alarms they are.
            traffic: What the load balancer measures of it.
            pods: What the cluster says of it.
            objectives: What was promised; without an objective its alarm is left out.
            topic: Who is told.
        """
        super().__init__(scope, construct_id)
        self._traffic = traffic
        self._pods = pods
        self._topic = topic
        self._who = f"{pods.namespace} (fleet {fleet.name}) on {pods.cluster_name}"
        self.promises: tuple[aws_cloudwatch.Alarm, ...] = (
            *self._create_latency_alarm(objectives.latency_p99_ms),
            *self._create_server_error_alarm(objectives.availability),
        )
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (
            *self.promises,
            self._create_unhealthy_alarm(),
            self._create_restart_alarm(),
            self._create_pending_alarm(),
            self._create_missing_alarm(),
            *self._create_limit_alarm(fleet),
        )

    def _create_latency_alarm(self, latency_p99_ms: int | None) -> list[aws_cloudwatch.Alarm]:
        if latency_p99_ms is None:
            return []
        condition = Condition(
            metric=self._traffic.latency("p99"),
            threshold=thresholds.latency_seconds(latency_p99_ms),
            bad_periods=3,
            of_periods=5,
        )
        description = f"The pods of {self._who} take longer than {latency_p99_ms} ms for 1 of 100 requests."
        return [self._alarm("Latency", condition, description, "high-latency")]

    def _create_server_error_alarm(self, availability: float | None) -> list[aws_cloudwatch.Alarm]:
        if availability is None:
            return []
        rate = thresholds.error_rate(availability)
        condition = Condition(metric=self._traffic.error_rate(), threshold=rate, bad_periods=3, of_periods=5)
        description = (
            f"More than {100 * rate:g} % of the requests to {self._who} fail: {thresholds.PAGING_BURN_RATE:g} times"
            f" what an availability of {availability:g} % allows."
        )
        return [self._alarm("ServerErrors", condition, description, "server-errors")]

    def _create_unhealthy_alarm(self) -> aws_cloudwatch.Alarm:
        condition = Condition(metric=self._traffic.unhealthy_targets(), threshold=0, bad_periods=5, of_periods=5)
        description = f"The load balancer finds a pod of {self._who} unhealthy that the cluster keeps."
        return self._alarm("UnhealthyTargets", condition, description, "unhealthy-pods")

    def _create_restart_alarm(self) -> aws_cloudwatch.Alarm:
        """One restart is what restarts are for. What crashes in a loop is tried again every 5 minutes or sooner."""
        metric = self._pods.restarts().with_(period=_RESTARTS_WITHIN)
        condition = Condition(metric=metric, threshold=_FEW_RESTARTS, bad_periods=1, of_periods=1)
        description = f"Containers of {self._who} were restarted again and again within 10 minutes."
        return self._alarm("RestartingPods", condition, description, "restarting-pods")

    def _create_pending_alarm(self) -> aws_cloudwatch.Alarm:
        condition = Condition(
            metric=self._pods.pending_pods(), threshold=0, bad_periods=_PENDING_MINUTES, of_periods=_PENDING_MINUTES
        )
        description = f"Pods of {self._who} have been waiting for {_PENDING_MINUTES} minutes to start."
        return self._alarm("PendingPods", condition, description, "pending-pods")

    def _create_missing_alarm(self) -> aws_cloudwatch.Alarm:
        """A pod that may not be made is nowhere to be seen: by a quota, pod security, or a webhook that is away."""
        condition = Condition(
            metric=self._pods.unready_pods(),
            threshold=0,
            bad_periods=_MISSING_MINUTES,
            of_periods=_MISSING_MINUTES,
        )
        description = f"{self._who} has had fewer pods than it should for {_MISSING_MINUTES} minutes."
        return self._alarm("MissingPods", condition, description, "missing-pods")

    def _create_limit_alarm(self, fleet: Fleet) -> list[aws_cloudwatch.Alarm]:
        most = fleet.scaling.max
        if not fleet.scaling.automatic:
            return []
        condition = Condition(metric=self._pods.desired_pods(), threshold=most - 1, bad_periods=5, of_periods=5)
        description = f"{self._who} has all the {most} pods that it may have (scaling.max), and gets no more."
        return [self._alarm("AtItsLimit", condition, description, "at-its-limit")]

    def _alarm(self, construct_id: str, condition: Condition, description: str, runbook: str) -> aws_cloudwatch.Alarm:
        return ServiceAlarm(
            self, construct_id, condition=condition, description=description, runbook=runbook, topic=self._topic
        ).alarm
