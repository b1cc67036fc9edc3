"""The metrics of a service on EKS, as operators put them on dashboards and alarms."""

from typing import Any

import pytest
from aws_cdk import Duration

from inference_constructs.eks.service.service import EksService
from tests.unit.eks.services import CLUSTER, Deployed, deployed

METRICS = sorted(name for name in vars(EksService) if name.startswith("metric_"))
EXPRESSIONS = ("metric_error_rate", "metric_load_balancer_error_rate", "metric_unready_pods")


@pytest.fixture(scope="module")
def two() -> Deployed:
    """A service with a candidate beside the main variant."""
    return deployed(second="candidate")


def dimensions(deployed: Deployed, metric: Any) -> dict[str, Any]:
    """The dimensions of a metric, with the logical ids of what they refer to."""
    return {name: deployed.stack.resolve(value) for name, value in metric.dimensions.items()}


def test_each_has_the_name_and_statistic_that_is_published(two: Deployed) -> None:
    found = {name: getattr(two.service, name)() for name in METRICS if name not in EXPRESSIONS}
    assert {name: (metric.metric_name, metric.statistic) for name, metric in found.items()} == {
        "metric_cpu_utilization": ("pod_cpu_utilization_over_pod_limit", "Average"),
        "metric_desired_pods": ("replicas_desired", "Maximum"),
        "metric_healthy_targets": ("HealthyHostCount", "Minimum"),
        "metric_latency": ("TargetResponseTime", "p99"),
        "metric_rejected_connections": ("RejectedConnectionCount", "Sum"),
        "metric_requests": ("RequestCount", "Sum"),
        "metric_restarts": ("pod_number_of_container_restarts", "Sum"),
        "metric_unhealthy_targets": ("UnHealthyHostCount", "Maximum"),
    }


@pytest.mark.parametrize("name", METRICS)
def test_each_takes_options(two: Deployed, name: str) -> None:
    options: dict[str, Any] = {"period": Duration.minutes(5), "label": "Mine"}
    usual, other = (getattr(two.service, name)(**each) for each in ({}, options))
    assert (usual.period.to_seconds(), other.period.to_seconds(), other.label) == (60, 300, "Mine")


def test_those_of_pods_and_targets_are_of_the_first_variant_unless_another_is_named(two: Deployed) -> None:
    service = two.service
    assert dimensions(two, service.metric_restarts()) == {
        "ClusterName": CLUSTER,
        "Namespace": "triage",
        "PodName": "main",
    }
    assert dimensions(two, service.pod_metrics("candidate").restarts())["PodName"] == "candidate"
    first, second = (
        dimensions(two, metrics.healthy_targets())["TargetGroup"]
        for metrics in (service.metrics(), service.metrics("candidate"))
    )
    assert first == dimensions(two, service.metric_healthy_targets())["TargetGroup"]
    assert first != second
