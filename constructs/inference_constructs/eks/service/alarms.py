"""The alarms of one service on EKS."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch, aws_elasticloadbalancingv2
from constructs import Construct

from inference_constructs.config import Objectives
from inference_constructs.eks.common.metrics import DeploymentMetrics, LoadBalancerMetrics, TargetGroupMetrics
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.service.variant_alarms import PodVariantAlarms
from inference_constructs.observability import thresholds
from inference_constructs.observability.alarm_group import AlarmGroup
from inference_constructs.observability.alarm_settings import AlarmSettings
from inference_constructs.observability.runbooks import Runbook
from inference_constructs.observability.service_alarm import Condition


class ServiceAlarms(AlarmGroup):
    """What the load balancer has to answer by itself, and for each variant what its callers and the cluster see of it.

    Attributes:
        alarms: Every alarm.
        promises: The alarms on what was promised, by variant: what a candidate is watched by while it gets traffic.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service_name: str,
        cluster_name: str,
        load_balancer: aws_elasticloadbalancingv2.CfnLoadBalancer,
        target_groups: Mapping[str, aws_elasticloadbalancingv2.CfnTargetGroup],
        variants: Sequence[PodVariant],
        objectives: Objectives,
        settings: AlarmSettings,
    ) -> None:
        """Create the alarms.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            service_name: The service, whose name is its namespace's as well.
            cluster_name: Where it runs.
            load_balancer: What callers reach it by.
            target_groups: The targets of each variant, by its name.
            variants: What shares the traffic.
            objectives: The service's objectives; without an objective its alarms are left out.
            settings: Name prefix, notifications and the runbooks' address.
        """
        super().__init__(scope, construct_id, settings=settings)
        self._who = f"{service_name} on {cluster_name}"
        full_name = load_balancer.attr_load_balancer_full_name
        at_the_load_balancer = LoadBalancerMetrics(load_balancer=full_name)
        by_variant = {
            variant.name: PodVariantAlarms(
                self,
                f"Fleet-{variant.name}",
                variant=variant,
                traffic=TargetGroupMetrics(
                    load_balancer=full_name, target_group=target_groups[variant.name].attr_target_group_full_name
                ),
                pods=DeploymentMetrics(cluster_name=cluster_name, namespace=service_name, deployment=variant.name),
                objectives=objectives,
                settings=settings,
            )
            for variant in variants
        }
        self.promises: Mapping[str, tuple[aws_cloudwatch.Alarm, ...]] = {
            name: each.promises for name, each in by_variant.items()
        }
        self.alarms: tuple[aws_cloudwatch.Alarm, ...] = (
            *self._create_error_alarm(at_the_load_balancer, objectives.availability),
            self._create_rejection_alarm(at_the_load_balancer),
            *(alarm for each in by_variant.values() for alarm in each.alarms),
        )

    def _create_error_alarm(
        self, metrics: LoadBalancerMetrics, availability: float | None
    ) -> list[aws_cloudwatch.Alarm]:
        if availability is None:
            return []
        rate = thresholds.error_rate(availability)
        condition = Condition(metric=metrics.error_rate(), threshold=rate, bad_periods=3, of_periods=5)
        description = (
            f"The load balancer of {self._who} itself returns 5xx for more than {100 * rate:g} % of requests for 3 of 5"
            " minutes: no healthy target, or connections to targets fail or time out."
        )
        return [self._alarm("LoadBalancerErrors", condition, description, Runbook.LOAD_BALANCER_ERRORS)]

    def _create_rejection_alarm(self, metrics: LoadBalancerMetrics) -> aws_cloudwatch.Alarm:
        condition = Condition(metric=metrics.rejected_connections(), threshold=0, bad_periods=2, of_periods=3)
        description = (
            f"The load balancer of {self._who} rejects connections: it is at its maximum number of connections."
        )
        return self._alarm("RejectedConnections", condition, description, Runbook.LOAD_BALANCER_ERRORS)
