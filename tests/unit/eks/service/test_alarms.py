"""Alarms on EKS watch what they are about in the right unit, and lead to a page that says what to do."""

from typing import Any

import pytest

from inference_constructs.config import Objectives, Scaling
from inference_constructs.eks.functions.rollout_watch import handler
from inference_constructs.observability import thresholds
from tests.conftest import ROOT
from tests.templates import resources
from tests.unit.eks import alarms as synthesised
from tests.unit.eks import services
from tests.unit.eks.alarms import Alarm, by_name, dimensions, of_a_cluster, rate_of
from tests.unit.eks.services import CLUSTER, Deployed, deployed

OF_A_VARIANT = {
    "HighLatency",
    "ServerErrors",
    "UnhealthyTargets",
    "RestartingPods",
    "PendingPods",
    "LostPods",
    "MissingPods",
    "AtScalingMax",
}
OF_A_SERVICE = {"LoadBalancerErrors", "RejectedConnections"}
ALWAYS = {"FailedNodes", "PendingPods", "SilentCluster", "Prometheus", "PrometheusAdapter"}


@pytest.fixture(scope="module")
def service() -> Deployed:
    return synthesised.service()


@pytest.fixture(scope="module")
def alarms(service: Deployed) -> dict[str, Alarm]:
    return by_name(service.template)


@pytest.fixture(scope="module")
def of_the_cluster() -> dict[str, Alarm]:
    return of_a_cluster(on_auto_mode=True)


def value(expression: str, **metrics: float | None) -> float:
    """An expression's value where a metric is a number, or nothing was published."""

    def fill(metric: float | None, otherwise: float) -> float:
        return otherwise if metric is None else metric

    text = expression.replace("FILL(", "fill(").replace("IF(", "choose(")
    names: dict[str, Any] = {"fill": fill, "choose": lambda test, yes, no: yes if test else no, **metrics}
    # CloudWatch divides by zero without an error and publishes nothing, so the untaken branch is guarded here.
    try:
        return float(eval(text, {"__builtins__": {}}, names))  # noqa: S307 - our own expressions
    except ZeroDivisionError:
        return 0.0


def test_every_part_has_its_alarms(alarms: dict[str, Alarm]) -> None:
    assert set(alarms) == OF_A_SERVICE | {
        f"{variant}.{name}" for variant in ("main", "candidate") for name in OF_A_VARIANT
    }


def test_latency_is_compared_in_seconds(alarms: dict[str, Alarm]) -> None:
    alarm = alarms["main.HighLatency"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/ApplicationELB", "TargetResponseTime")
    assert alarm["Threshold"] == 0.1
    assert alarm["ExtendedStatistic"] == "p99"
    assert "100 ms" in alarm["AlarmDescription"]
    assert "EvaluateLowSampleCountPercentile" not in alarm, "ignore would silence it at low traffic"


@pytest.mark.parametrize("variant", ["main", "candidate"])
def test_each_variant_is_watched_at_its_own_target_group(variant: str, service: Deployed) -> None:
    (group,) = [
        name for name in service.template.find_resources("AWS::ElasticLoadBalancingV2::TargetGroup") if variant in name
    ]
    (balancer,) = service.template.find_resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
    at = {
        "LoadBalancer": {"Fn::GetAtt": [balancer, "LoadBalancerFullName"]},
        "TargetGroup": {"Fn::GetAtt": [group, "TargetGroupFullName"]},
    }
    alarms = by_name(service.template)
    assert dimensions(alarms[f"{variant}.HighLatency"]) == at
    assert dimensions(alarms[f"{variant}.UnhealthyTargets"]) == at
    _, metrics = rate_of(alarms[f"{variant}.ServerErrors"])
    for name, metric in (("errors", "HTTPCode_Target_5XX_Count"), ("requests", "RequestCount")):
        assert metrics[name]["Metric"]["MetricName"] == metric
        assert metrics[name]["Stat"] == "Sum"
        assert dimensions(metrics[name]["Metric"]) == at


def test_errors_of_pods_are_a_share_of_their_requests(alarms: dict[str, Alarm]) -> None:
    alarm = alarms["main.ServerErrors"]
    assert alarm["Threshold"] == 0.0144
    expression, _ = rate_of(alarm)
    assert value(expression, errors=2, requests=100) == 0.02
    assert value(expression, errors=None, requests=100) == 0, "a count of 0 is not published"
    assert value(expression, errors=None, requests=None) == 0, "no traffic is no reason to ring"


def test_errors_of_the_load_balancer_count_requests_that_no_pod_got(alarms: dict[str, Alarm]) -> None:
    alarm = alarms["LoadBalancerErrors"]
    assert alarm["Threshold"] == 0.0144
    expression, metrics = rate_of(alarm)
    assert metrics["errors"]["Metric"]["MetricName"] == "HTTPCode_ELB_5XX_Count"
    assert set(dimensions(metrics["errors"]["Metric"])) == {"LoadBalancer"}
    assert value(expression, errors=10, requests=None) == 1, "without any pod no request is counted"
    assert value(expression, errors=1, requests=99) == 0.01
    assert value(expression, errors=None, requests=None) == 0


def test_a_fixed_number_of_pods_has_no_limit_to_reach() -> None:
    stack = services.empty_stack()
    fixed = services.variant(stack, scaling=Scaling(min=2, max=2))
    assert "main.AtScalingMax" not in by_name(services.service_of(stack, [fixed]).template)


def test_a_pod_may_wait_longer_than_a_new_node_takes(alarms: dict[str, Alarm]) -> None:
    """EKS fact 20: a node takes 45 to 90 s, and the image and the model come on top. While the autoscaler adds pods
    minute by minute there is always one that waits, and the metric does not tell it from the one before."""
    alarm = alarms["main.PendingPods"]
    assert alarm["DatapointsToAlarm"] * alarm["Period"] >= 20 * 90


def test_pods_that_may_not_be_made_ring_though_not_during_a_rollout(alarms: dict[str, Alarm]) -> None:
    """EKS fact 11: a quota or a webhook that is away refuses pods, which are then neither pending nor restarting."""
    alarm = alarms["main.MissingPods"]
    _, watched = rate_of(alarm)
    (period,) = {each["Period"] for each in watched.values()}
    patience = handler.PATIENCE.total_seconds()
    assert alarm["DatapointsToAlarm"] * period > patience, "new pods are missing until they are ready"


def test_a_pod_that_serves_is_not_missing_however_young_it_is(alarms: dict[str, Alarm]) -> None:
    """One younger than `minReadySeconds`, here a whole bake, is "unavailable" to its Deployment (Deployment API,
    `status.unavailableReplicas`); it is ready all the same, and gets requests."""
    expression, watched = rate_of(alarms["main.MissingPods"])
    assert {key: each["Metric"]["MetricName"] for key, each in watched.items()} == {
        "desired": "replicas_desired",
        "ready": "replicas_ready",
    }
    assert value(expression, desired=4, ready=3) == 1
    assert value(expression, desired=4, ready=4) == 0
    assert value(expression, desired=4, ready=None) == 4, "of pods that may not be made nothing is published"


@pytest.mark.parametrize("variant", ["main", "candidate"])
def test_each_variant_is_watched_at_its_own_deployment(variant: str, alarms: dict[str, Alarm]) -> None:
    own = {"ClusterName": CLUSTER, "Namespace": "triage", "PodName": variant}
    for name in ("RestartingPods", "PendingPods", "AtScalingMax"):
        assert dimensions(alarms[f"{variant}.{name}"]) == own
    _, watched = rate_of(alarms[f"{variant}.MissingPods"])
    assert [dimensions(each["Metric"]) for each in watched.values()] == [own] * 2


def test_without_auto_mode_the_controller_that_every_new_pod_needs_is_watched() -> None:
    alarms = of_a_cluster(on_auto_mode=False)
    assert set(alarms) == ALWAYS | {"LoadBalancerController"}
    alarm = alarms["LoadBalancerController"]
    controller = {"ClusterName": CLUSTER, "Namespace": "kube-system", "PodName": "load-balancer-controller"}
    _, watched = rate_of(alarm)
    assert [dimensions(each["Metric"]) for each in watched.values()] == [controller] * 2
    assert alarm["AlarmDescription"].endswith("Runbook: docs/runbooks/load-balancer-controller.md")


def test_a_cluster_tells_of_nodes_that_fail_and_of_pods_without_a_node(of_the_cluster: dict[str, Alarm]) -> None:
    assert set(of_the_cluster) == ALWAYS
    assert of_the_cluster["FailedNodes"]["MetricName"] == "cluster_failed_node_count"
    for name in ("FailedNodes", "PendingPods", "SilentCluster"):
        alarm = of_the_cluster[name]
        assert alarm["Namespace"] == "ContainerInsights"
        assert dimensions(alarm) == {"ClusterName": CLUSTER}


def test_a_cluster_that_says_nothing_rings(of_the_cluster: dict[str, Alarm]) -> None:
    """All others take no data for no trouble: without the metrics, or without a node, none of them would ring."""
    alarm = of_the_cluster["SilentCluster"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Period"]) == ("cluster_node_count", "Maximum", 60)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1), "1 node is enough, 0 is not"
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["EvaluationPeriods"] == alarm["DatapointsToAlarm"] == 15, "a single value ends it"
    assert alarm["AlarmDescription"].endswith("Runbook: docs/runbooks/silent-cluster.md")


def test_every_alarm_tells_when_it_rings_and_when_it_is_over_and_leads_to_a_runbook(
    alarms: dict[str, Alarm], of_the_cluster: dict[str, Alarm]
) -> None:
    for name, alarm in (alarms | of_the_cluster).items():
        if name != "SilentCluster":
            assert alarm["TreatMissingData"] == "notBreaching"
            assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert len(alarm["AlarmActions"]) == len(alarm["OKActions"]) == 1
        _, _, runbook = alarm["AlarmDescription"].partition("Runbook: ")
        assert (ROOT / runbook).is_file(), f"{runbook} is missing"


@pytest.mark.parametrize(
    ("objectives", "missing"),
    [
        (Objectives(availability=99.9), {"main.HighLatency"}),
        (Objectives(latency_p99_ms=10), {"main.ServerErrors", "LoadBalancerErrors"}),
    ],
)
def test_what_is_not_promised_is_not_alarmed(objectives: Objectives, missing: set[str]) -> None:
    everything = OF_A_SERVICE | {f"main.{name}" for name in OF_A_VARIANT}
    assert set(by_name(deployed(objectives=objectives).template)) == everything - missing


def test_what_was_promised_is_watched_while_a_candidate_gets_traffic(service: Deployed) -> None:
    names = {alarm.node.path.removeprefix("Service/Service/Alarms/") for alarm in service.service.bake_alarms}
    assert names == {"Fleet-candidate/HighLatency/Resource", "Fleet-candidate/ServerErrors/Resource"}
    assert len(service.service.alarms) == len(resources(service.template, "AWS::CloudWatch::Alarm"))


def test_a_latency_objective_in_the_unit_of_load_balancers() -> None:
    assert thresholds.latency_seconds(250) == 0.25
