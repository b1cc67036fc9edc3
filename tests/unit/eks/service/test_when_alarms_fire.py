"""When each alarm on EKS rings: at what value of which metric, for how long; and that these metrics are published."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import aws_cloudwatch

from inference_constructs.eks.common.metrics import (
    ClusterMetrics,
    DeploymentMetrics,
    LoadBalancerMetrics,
    TargetGroupMetrics,
)
from tests.unit.eks.alarms import VARIANTS, Alarm, by_name, of_a_cluster, service

LOAD_BALANCERS = "AWS/ApplicationELB"
CONTAINERS = "ContainerInsights"

#: Elastic Load Balancing, User Guide for Application Load Balancers, "CloudWatch metrics for your Application Load
#: Balancer": by the dimensions that each is published with, besides the zone. In the CDK the class
#: `ApplicationELBMetrics`, which is generated from AWS's own description of them, has the same.
AT_THE_LOAD_BALANCER = (
    *("ActiveConnectionCount", "ClientTLSNegotiationErrorCount", "ConsumedLCUs", "HTTPCode_ELB_3XX_Count"),
    *("HTTPCode_ELB_4XX_Count", "HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_500_Count", "HTTPCode_ELB_502_Count"),
    *("HTTPCode_ELB_503_Count", "HTTPCode_ELB_504_Count", "NewConnectionCount", "ProcessedBytes"),
    *("RejectedConnectionCount", "RuleEvaluations"),
)
AT_A_TARGET_GROUP = ("HealthyHostCount", "UnHealthyHostCount", "RequestCountPerTarget")
AT_EITHER = (
    *("HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_Target_4XX_Count"),
    *("HTTPCode_Target_5XX_Count", "RequestCount", "TargetConnectionErrorCount", "TargetResponseTime"),
)
#: CloudWatch User Guide, "Amazon EKS and Kubernetes Container Insights with enhanced observability metrics"; for the
#: dimensions the agent's own list, translate/otel/exporter/awsemf/kubernetes.go in aws/amazon-cloudwatch-agent.
OF_A_CLUSTER = ("cluster_failed_node_count", "cluster_node_count", "cluster_number_of_running_pods")
OF_A_DEPLOYMENT_OR_CLUSTER = (
    *("replicas_desired", "replicas_ready", "status_replicas_available", "status_replicas_unavailable"),
    *("pod_number_of_container_restarts", "pod_number_of_containers", "pod_number_of_running_containers"),
    *("pod_status_failed", "pod_status_pending", "pod_status_ready", "pod_status_running", "pod_status_scheduled"),
    *("pod_status_succeeded", "pod_status_unknown", "pod_cpu_limit", "pod_cpu_request", "pod_cpu_utilization"),
    *("pod_cpu_utilization_over_pod_limit", "pod_memory_utilization", "pod_memory_utilization_over_pod_limit"),
)
BALANCER = frozenset({"LoadBalancer"})
GROUP = frozenset({"LoadBalancer", "TargetGroup"})
CLUSTER = frozenset({"ClusterName"})
DEPLOYMENT = frozenset({"ClusterName", "Namespace", "PodName"})
PUBLISHED = {
    *((LOAD_BALANCERS, name, BALANCER) for name in (*AT_THE_LOAD_BALANCER, *AT_EITHER)),
    *((LOAD_BALANCERS, name, GROUP) for name in (*AT_A_TARGET_GROUP, *AT_EITHER)),
    *((CONTAINERS, name, CLUSTER) for name in (*OF_A_CLUSTER, *OF_A_DEPLOYMENT_OR_CLUSTER)),
    *((CONTAINERS, name, DEPLOYMENT) for name in OF_A_DEPLOYMENT_OR_CLUSTER),
}

#: Kubernetes documentation, "Pod Lifecycle": what crashes is started again after 10 s, 20 s, 40 s, and 300 s at most.
LONGEST_BACK_OFF_S = 300


@dataclass(frozen=True)
class Rings:
    """When an alarm rings: `bad` periods out of `of` in a row whose value is above, or below, a threshold."""

    watches: frozenset[tuple[str, str, str]]
    threshold: float
    bad: int
    of: int
    period_s: int = 60
    comparison: str = "GreaterThanThreshold"

    @classmethod
    def read(cls, alarm: Alarm) -> "Rings":
        parts = alarm.get("Metrics") or [alarm_as_a_metric(alarm)]
        stats = [each["MetricStat"] for each in parts if "MetricStat" in each]
        (period,) = {stat["Period"] for stat in stats}
        return cls(
            watches=frozenset(
                (stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], stat["Stat"]) for stat in stats
            ),
            threshold=alarm["Threshold"],
            bad=alarm["DatapointsToAlarm"],
            of=alarm["EvaluationPeriods"],
            period_s=period,
            comparison=alarm["ComparisonOperator"],
        )


def alarm_as_a_metric(alarm: Alarm) -> dict[str, Any]:
    """An alarm on one metric, as if it were on an expression of it."""
    statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    return {"MetricStat": {"Metric": alarm, "Stat": statistic, "Period": alarm["Period"]}}


def on(namespace: str, *metrics: tuple[str, str]) -> frozenset[tuple[str, str, str]]:
    return frozenset((namespace, name, statistic) for name, statistic in metrics)


UNREADY = on(CONTAINERS, ("replicas_desired", "Maximum"), ("replicas_ready", "Minimum"))
#: With 100 ms and 99.9 % promised, and 20 pods at most.
OF_A_VARIANT = {
    "HighLatency": Rings(on(LOAD_BALANCERS, ("TargetResponseTime", "p99")), 0.1, 3, 5),  # in seconds
    "ServerErrors": Rings(  # 14.4 times the 0.1 % that may fail
        on(LOAD_BALANCERS, ("HTTPCode_Target_5XX_Count", "Sum"), ("RequestCount", "Sum")), 0.0144, 3, 5
    ),
    # One is too many; the smallest of what the balancer's nodes count would hide what only some of them see.
    "UnhealthyTargets": Rings(on(LOAD_BALANCERS, ("UnHealthyHostCount", "Maximum")), 0, 5, 5),
    "RestartingPods": Rings(on(CONTAINERS, ("pod_number_of_container_restarts", "Sum")), 1, 1, 1, period_s=600),
    # The metric is 1 or 0 for each pod, and never above 1.
    "PendingPods": Rings(on(CONTAINERS, ("pod_status_pending", "Maximum")), 0, 30, 30),
    "MissingPods": Rings(UNREADY, 0, 60, 60),
    "LostPods": Rings(UNREADY, 0.3, 5, 5),  # a zone of three, and not one pod of four
    "AtScalingMax": Rings(on(CONTAINERS, ("replicas_desired", "Maximum")), 19, 5, 5),  # 20 ring, 19 do not
}
OF_A_SERVICE = {
    "LoadBalancerErrors": Rings(
        on(LOAD_BALANCERS, ("HTTPCode_ELB_5XX_Count", "Sum"), ("RequestCount", "Sum")), 0.0144, 3, 5
    ),
    "RejectedConnections": Rings(on(LOAD_BALANCERS, ("RejectedConnectionCount", "Sum")), 0, 2, 3),
}
OF_THE_CLUSTER = {
    "FailedNodes": Rings(on(CONTAINERS, ("cluster_failed_node_count", "Maximum")), 0, 5, 5),
    "PendingPods": Rings(on(CONTAINERS, ("pod_status_pending", "Maximum")), 0, 30, 30),
    "SilentCluster": Rings(
        on(CONTAINERS, ("cluster_node_count", "Maximum")), 1, 15, 15, comparison="LessThanThreshold"
    ),  # 1 node is enough, 0 is not
    "Prometheus": Rings(UNREADY, 0, 15, 15),
    "PrometheusAdapter": Rings(UNREADY, 0, 15, 15),
    "LoadBalancerController": Rings(UNREADY, 0, 15, 15),
}


def test_a_services_alarms_ring_at_these_values() -> None:
    """An alarm is as good as its numbers: a threshold that is never reached looks like a service that is well."""
    expected = {
        f"{variant}.{name}": rings for variant in VARIANTS for name, rings in OF_A_VARIANT.items()
    } | OF_A_SERVICE
    assert {name: Rings.read(alarm) for name, alarm in by_name(service().template).items()} == expected


def test_a_clusters_alarms_ring_at_these_values() -> None:
    found = {name: Rings.read(alarm) for name, alarm in of_a_cluster(on_auto_mode=False).items()}
    assert found == OF_THE_CLUSTER


def test_what_crashes_again_and_again_is_counted_twice_in_a_period() -> None:
    """Between two restarts of one container there is the longest back-off at most: two fit into the period."""
    rings = Rings.read(by_name(service().template)["main.RestartingPods"])
    assert rings.threshold < rings.period_s / LONGEST_BACK_OFF_S


@pytest.mark.parametrize(
    "metrics",
    [
        LoadBalancerMetrics(load_balancer="app/a/1"),
        TargetGroupMetrics(load_balancer="app/a/1", target_group="targetgroup/a/1"),
        DeploymentMetrics(cluster_name="dev", namespace="triage", deployment="main"),
        ClusterMetrics(cluster_name="dev"),
    ],
    ids=lambda metrics: type(metrics).__name__,
)
def test_every_metric_is_one_that_is_published_under_these_dimensions(metrics: object) -> None:
    """CloudWatch takes an alarm on any name: what nobody publishes is missing for ever, and missing is quiet."""
    asked = {
        (metric.namespace, metric.metric_name, frozenset(metric.dimensions or {})) for metric in metrics_of(metrics)
    }
    assert asked
    assert asked - PUBLISHED == set()


def metrics_of(metrics: object) -> Iterator[aws_cloudwatch.Metric]:
    """All metrics that a group of them names, with those that an expression is made of."""
    for name in [name for name in vars(type(metrics)) if not name.startswith("_") and name != "dimensions"]:
        method = getattr(metrics, name)
        found = method() if callable(method) else None
        if isinstance(found, aws_cloudwatch.Metric):
            yield found
        elif isinstance(found, aws_cloudwatch.MathExpression):
            used = found.using_metrics or {}
            yield from (metric for metric in used.values() if isinstance(metric, aws_cloudwatch.Metric))
