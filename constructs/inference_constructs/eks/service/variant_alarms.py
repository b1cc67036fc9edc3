"""The alarms of one variant: what callers see of it, and what the cluster sees of its pods."""

from aws_cdk import Duration, aws_cloudwatch
from constructs import Construct

from inference_constructs.config import Objectives
from inference_constructs.eks.common.metrics import DeploymentMetrics, TargetGroupMetrics
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.observability import thresholds
from inference_constructs.observability.alarm_group import AlarmGroup
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from inference_constructs.observability.service_alarm import Condition

#: A node takes about a minute and a half, its image and the model some more. The metric does not tell one waiting pod
#: from the next, and there is always one while traffic rises and pods are added minute by minute.
_PENDING_MINUTES = 30
#: Longer than CloudFormation waits for a rollout, whose new pods are missing until they are ready.
_MISSING_MINUTES = 60
#: Nodes and models take minutes to come when traffic doubles, too; after so long the rest may be overloaded.
_LOST_MINUTES, _LOST_SHARE = 5, 0.3
_FEW_RESTARTS = 1
_RESTARTS_WITHIN = Duration.minutes(10)


class PodVariantAlarms(AlarmGroup):
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
        variant: PodVariant,
        traffic: TargetGroupMetrics,
        pods: DeploymentMetrics,
        objectives: Objectives,
        settings: AlarmSettings,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            variant: Whose alarms they are.
            traffic: What the load balancer measures of it.
            pods: What the cluster measures of it.
            objectives: The service's objectives; without an objective its alarm is left out.
            settings: Name prefix, notifications and the runbooks' address.
        """
        super().__init__(scope, construct_id, settings=settings, variant=variant.name)
        self._traffic = traffic
        self._pods = pods
        self._who = f"{pods.namespace} (variant {variant.name}) on {pods.cluster_name}"
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
            self._create_lost_alarm(),
            *self._create_limit_alarm(variant),
        )

    def _create_latency_alarm(self, latency_p99_ms: int | None) -> list[aws_cloudwatch.Alarm]:
        if latency_p99_ms is None:
            return []
        condition = Condition(
            metric=self._traffic.latency(statistic="p99"),
            threshold=thresholds.latency_seconds(latency_p99_ms),
            bad_periods=3,
            of_periods=5,
        )
        description = f"Response time (p99) of {self._who} is above {latency_p99_ms} ms for 3 of 5 minutes."
        return [self._alarm("HighLatency", condition, description, Runbook.HIGH_LATENCY)]

    def _create_server_error_alarm(self, availability: float | None) -> list[aws_cloudwatch.Alarm]:
        if availability is None:
            return []
        rate = thresholds.error_rate(availability)
        condition = Condition(metric=self._traffic.error_rate(), threshold=rate, bad_periods=3, of_periods=5)
        description = (
            f"Pods of {self._who} return 5xx for more than {100 * rate:g} % of requests for 3 of 5 minutes."
            f" {thresholds.burn_rate_sentence(availability)}"
        )
        return [self._alarm("ServerErrors", condition, description, Runbook.SERVER_ERRORS)]

    def _create_unhealthy_alarm(self) -> aws_cloudwatch.Alarm:
        condition = Condition(metric=self._traffic.unhealthy_targets(), threshold=0, bad_periods=5, of_periods=5)
        description = (
            f"At least 1 pod of {self._who} has failed the load balancer's health check for 5 minutes while Kubernetes"
            " keeps it running."
        )
        return self._alarm("UnhealthyTargets", condition, description, Runbook.UNHEALTHY_PODS)

    def _create_restart_alarm(self) -> aws_cloudwatch.Alarm:
        """One restart is what restarts are for. What crashes in a loop is tried again every 5 minutes or sooner."""
        metric = self._pods.restarts().with_(period=_RESTARTS_WITHIN)
        condition = Condition(metric=metric, threshold=_FEW_RESTARTS, bad_periods=1, of_periods=1)
        description = f"Containers of {self._who} are restarting repeatedly (more than {_FEW_RESTARTS} in 10 minutes)."
        return self._alarm("RestartingPods", condition, description, Runbook.RESTARTING_PODS)

    def _create_pending_alarm(self) -> aws_cloudwatch.Alarm:
        condition = Condition(
            metric=self._pods.pending_pods(), threshold=0, bad_periods=_PENDING_MINUTES, of_periods=_PENDING_MINUTES
        )
        description = f"Pods of {self._who} have been Pending for {_PENDING_MINUTES} minutes."
        return self._alarm("PendingPods", condition, description, Runbook.PENDING_PODS)

    def _create_missing_alarm(self) -> aws_cloudwatch.Alarm:
        """A pod that may not be made is nowhere to be seen: by a quota, pod security, or a webhook that is away."""
        condition = Condition(
            metric=self._pods.unready_pods(),
            threshold=0,
            bad_periods=_MISSING_MINUTES,
            of_periods=_MISSING_MINUTES,
        )
        description = f"{self._who} has had fewer Ready pods than desired for {_MISSING_MINUTES} minutes."
        return self._alarm("MissingPods", condition, description, Runbook.MISSING_PODS)

    def _create_lost_alarm(self) -> aws_cloudwatch.Alarm:
        """A zone of three takes a third along. A rollout has no fewer ready pods than before it."""
        condition = Condition(
            metric=self._pods.unready_share(),
            threshold=_LOST_SHARE,
            bad_periods=_LOST_MINUTES,
            of_periods=_LOST_MINUTES,
        )
        description = (
            f"More than {100 * _LOST_SHARE:g} % of the pods of {self._who} have been missing or not Ready for"
            f" {_LOST_MINUTES} minutes."
        )
        return self._alarm("LostPods", condition, description, Runbook.MISSING_PODS)

    def _create_limit_alarm(self, variant: PodVariant) -> list[aws_cloudwatch.Alarm]:
        most = variant.scaling.max
        if not variant.scaling.automatic:
            return []
        condition = Condition(metric=self._pods.desired_pods(), threshold=most - 1, bad_periods=5, of_periods=5)
        description = f"{self._who} is at scaling.max ({most} pods) and cannot scale out."
        return [self._alarm("AtScalingMax", condition, description, Runbook.AT_ITS_LIMIT)]
