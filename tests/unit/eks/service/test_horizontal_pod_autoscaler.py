"""How many pods a service has, and how fast their number moves."""

from typing import Any

import pytest

from inference_constructs.config import Pods, ScaleIn, ScaleOut, Scaling, ScalingMetric, ScalingTarget
from tests.unit.eks.workloads import PODS, SERVICE, Deployed, deployed, empty_stack, variant, workload_of
from tests.validation.templates.kubernetes_schemas import findings


def autoscaler(scaling: Scaling, pods: Pods | None = None) -> dict[str, Any]:
    found = deployed(scaling=scaling, pods=pods or Pods(cpu="2", memory="4Gi")).one("HorizontalPodAutoscaler")
    assert found["apiVersion"] == "autoscaling/v2"
    spec: dict[str, Any] = found["spec"]
    return spec


def pods_metric(name: str, average: str) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": average}
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": target}}


def cpu(percent: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {
        "type": "ContainerResource",
        "containerResource": {"container": "server", "name": "cpu", "target": target},
    }


def test_it_holds_concurrency_and_cpu_within_the_bounds() -> None:
    """EKS fact 19: CPU alone is late for inference, so that requests in flight come first."""
    spec = autoscaler(Scaling(min=2, max=20, target=8))
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 20)
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "main"}
    assert spec["metrics"] == [pods_metric("inference_requests_in_flight", "8"), cpu(60)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            ScalingTarget(metric=ScalingMetric.INVOCATIONS_PER_INSTANCE, target=600),
            pods_metric("inference_requests_per_minute", "600"),
        ),
        (
            ScalingTarget(metric=ScalingMetric.INVOCATIONS_PER_INSTANCE, max_rps=20, safety_factor=0.5),
            pods_metric("inference_requests_per_minute", "600"),
        ),
        (
            ScalingTarget(metric=ScalingMetric.CONCURRENT_REQUESTS, target=1.5),
            pods_metric("inference_requests_in_flight", "1500m"),
        ),
        (
            ScalingTarget(metric=ScalingMetric.CONCURRENT_REQUESTS, target=0.0001),
            pods_metric("inference_requests_in_flight", "1m"),
        ),
    ],
)
def test_what_a_service_follows_is_a_metric_of_its_pods(target: ScalingTarget, expected: dict[str, Any]) -> None:
    """EKS fact 19: from the pods themselves, not from CloudWatch, which lags."""
    spec = autoscaler(Scaling(min=1, max=9, targets=(target,)), Pods(cpu="1", memory="1Gi", cpu_percent=None))
    assert spec["metrics"] == [expected]


@pytest.mark.parametrize("name", ["main", "candidate"])
def test_beside_a_candidate_either_variant_has_pods_for_all_of_the_traffic(name: str) -> None:
    """EKS fact 19: a step moves the traffic at once, and the pods for it would come minutes later.

    From the first step of a canary to its last a candidate gets ten times as many requests. When it is removed, the
    main variant gets everything, after having had nothing for as long as it takes to scale in.
    """
    stack = empty_stack()
    workload_of(stack, [variant(stack), variant(stack, "candidate")])
    found = Deployed(stack)
    spec = found.one("HorizontalPodAutoscaler", name)["spec"]
    of_the_namespace = {
        "describedObject": {"apiVersion": "v1", "kind": "Namespace", "name": SERVICE},
        "metric": {"name": "inference_requests_in_flight"},
        "target": {"type": "AverageValue", "averageValue": "8"},
    }
    assert spec["metrics"] == [{"type": "Object", "object": of_the_namespace}, cpu(60)]
    assert findings(found.template.to_json(), "1.35") == []


def test_variants_have_pods_for_their_own_share() -> None:
    stack = empty_stack()
    workload_of(stack, [variant(stack, "large"), variant(stack, "small")])
    for name in ("large", "small"):
        spec = Deployed(stack).one("HorizontalPodAutoscaler", name)["spec"]
        assert spec["metrics"] == [pods_metric("inference_requests_in_flight", "8"), cpu(60)]


def test_cpu_is_followed_once() -> None:
    own = Scaling(min=1, max=9, metric=ScalingMetric.CPU_UTILIZATION, target=55)
    assert autoscaler(own)["metrics"] == [cpu(55)]


def test_several_metrics_are_all_held() -> None:
    targets = (
        ScalingTarget(metric=ScalingMetric.CONCURRENT_REQUESTS, target=4),
        ScalingTarget(metric=ScalingMetric.CPU_UTILIZATION, target=50),
    )
    metrics = autoscaler(Scaling(min=1, max=9, targets=targets))["metrics"]
    assert metrics == [pods_metric("inference_requests_in_flight", "4"), cpu(50)]


def test_pods_come_fast_and_go_slowly() -> None:
    """EKS fact 19: `behavior` is the service's."""
    pods = Pods(
        cpu="2",
        memory="4Gi",
        scale_out=ScaleOut(percent=50, pods=10, stabilization_s=20),
        scale_in=ScaleIn(percent=10, period_s=120),
    )
    scaling = Scaling(min=2, max=20, target=8, scale_out_cooldown_s=15, scale_in_cooldown_s=900)
    assert autoscaler(scaling, pods)["behavior"] == {
        "scaleUp": {
            "stabilizationWindowSeconds": 20,
            "selectPolicy": "Max",
            "policies": [
                {"type": "Percent", "value": 50, "periodSeconds": 15},
                {"type": "Pods", "value": 10, "periodSeconds": 15},
            ],
        },
        "scaleDown": {
            "stabilizationWindowSeconds": 900,
            "selectPolicy": "Max",
            "policies": [{"type": "Percent", "value": 10, "periodSeconds": 120}],
        },
    }


@pytest.mark.parametrize(("cooldown_s", "period_s"), [(0, 1), (30, 30), (3600, 1800)])
def test_a_cooldown_becomes_a_period_that_kubernetes_takes(cooldown_s: int, period_s: int) -> None:
    policies = autoscaler(Scaling(min=2, max=20, target=8, scale_out_cooldown_s=cooldown_s))["behavior"]["scaleUp"]
    assert {policy["periodSeconds"] for policy in policies["policies"]} == {period_s}


def test_a_fixed_number_is_held_without_asking_for_requests() -> None:
    fixed = autoscaler(Scaling(min=3, max=3, target=8), Pods(cpu="1", memory="1Gi", cpu_percent=None))
    assert (fixed["minReplicas"], fixed["maxReplicas"]) == (3, 3)
    assert fixed["metrics"] == [cpu(60)]


def test_two_of_three_zones_carry_what_the_autoscaler_lets_three_have() -> None:
    """It adds no pod within 10 % of its target (Kubernetes, "Horizontal Pod Autoscaling", tolerance)."""
    most_before = PODS.cpu_percent * 1.1 if PODS.cpu_percent else 0
    assert 90 < most_before * 3 / 2 <= 100
