"""What the number of a variant's pods follows, and how fast."""

from decimal import Decimal

from cdk8s_plus_33 import k8s

from inference_constructs.config import Pods, Scaling, ScalingMetric, ScalingTarget
from inference_constructs.eks.common.contract import IN_FLIGHT_METRIC, PER_MINUTE_METRIC
from inference_constructs.eks.common.labels import SERVER_CONTAINER, variant_metadata
from inference_constructs.eks.common.manifests import Manifest, quantity

#: Metrics of the pods, in the custom metrics API, by what a service follows.
_OF_PODS = {
    ScalingMetric.CONCURRENT_REQUESTS: IN_FLIGHT_METRIC,
    ScalingMetric.INVOCATIONS_PER_INSTANCE: PER_MINUTE_METRIC,
}
#: Bounds of a policy's period (autoscaling/v2, HPAScalingPolicy.periodSeconds).
_SHORTEST_PERIOD_S, _LONGEST_PERIOD_S = 1, 1800
_USUAL_CPU_PERCENT = 60


def autoscaler(
    service_name: str, variant_name: str, *, scaling: Scaling, pods: Pods, for_all_traffic: bool = False
) -> Manifest:
    """An autoscaler for a variant, also for one with a fixed number of pods, which it just holds.

    With `for_all_traffic` the variant has pods for every request of the service, whichever variant they go to now: what
    it follows is summed over its namespace, and divided by the target. Of CPU there is no such sum.

    Were the number in the Deployment there, taking it out to scale automatically would make Kubernetes apply its
    default for a missing number, which is one pod, until the autoscaler looks (Kubernetes, "Migrating Deployments and
    StatefulSets to horizontal autoscaling"). So it is never in the Deployment.
    """
    rendered: Manifest = k8s.KubeHorizontalPodAutoscalerV2.manifest(
        metadata=variant_metadata(service_name, variant_name),
        spec=k8s.HorizontalPodAutoscalerSpecV2(
            scale_target_ref=k8s.CrossVersionObjectReferenceV2(
                api_version="apps/v1", kind="Deployment", name=variant_name
            ),
            min_replicas=scaling.min,
            max_replicas=scaling.max,
            metrics=_metrics(scaling, pods, service_name if for_all_traffic else None),
            behavior=k8s.HorizontalPodAutoscalerBehaviorV2(
                scale_up=_scale_out(scaling, pods), scale_down=_scale_in(scaling, pods)
            ),
        ),
    )
    return rendered


def _scale_out(scaling: Scaling, pods: Pods) -> k8s.HpaScalingRulesV2:
    """Whichever policy allows more pods per period, at once unless the service asks to wait."""
    period_s = max(_SHORTEST_PERIOD_S, min(_LONGEST_PERIOD_S, scaling.scale_out_cooldown_s))
    return k8s.HpaScalingRulesV2(
        stabilization_window_seconds=pods.scale_out.stabilization_s,
        select_policy="Max",
        policies=[
            k8s.HpaScalingPolicyV2(type="Percent", value=pods.scale_out.percent, period_seconds=period_s),
            k8s.HpaScalingPolicyV2(type="Pods", value=pods.scale_out.pods, period_seconds=period_s),
        ],
    )


def _scale_in(scaling: Scaling, pods: Pods) -> k8s.HpaScalingRulesV2:
    """A share per period, once the load has been low for as long as the service sets."""
    return k8s.HpaScalingRulesV2(
        stabilization_window_seconds=scaling.scale_in_cooldown_s,
        select_policy="Max",
        policies=[
            k8s.HpaScalingPolicyV2(type="Percent", value=pods.scale_in.percent, period_seconds=pods.scale_in.period_s)
        ],
    )


def _metrics(scaling: Scaling, pods: Pods, whole_namespace: str | None) -> list[k8s.MetricSpecV2]:
    """The service's metrics, and CPU unless it is among them. The one that asks for most pods wins."""
    targets = scaling.tracked if scaling.automatic else ()
    followed = {target.metric for target in targets}
    metrics = [_metric(target, whole_namespace) for target in targets]
    if ScalingMetric.CPU_UTILIZATION in followed:
        return metrics
    if pods.cpu_percent is not None:
        metrics.append(_cpu(pods.cpu_percent))
    return metrics or [_cpu(_USUAL_CPU_PERCENT)]  # of a fixed number; without any, Kubernetes would put one in


def _metric(target: ScalingTarget, whole_namespace: str | None) -> k8s.MetricSpecV2:
    if target.value is None:  # the spec refuses it
        message = f"{target.metric.value}: has no target; accepted: a number above 0"
        raise ValueError(message)
    if target.metric is ScalingMetric.CPU_UTILIZATION:
        return _cpu(max(1, round(target.value)))
    metric = k8s.MetricIdentifierV2(name=_OF_PODS[target.metric])
    per_pod = k8s.MetricTargetV2(type="AverageValue", average_value=quantity(_quantity_text(target.value)))
    if whole_namespace is None:
        return k8s.MetricSpecV2(type="Pods", pods=k8s.PodsMetricSourceV2(metric=metric, target=per_pod))
    # The adapter has the same metric for namespaces, and the autoscaler asks for its own namespace's.
    namespace = k8s.CrossVersionObjectReferenceV2(api_version="v1", kind="Namespace", name=whole_namespace)
    return k8s.MetricSpecV2(
        type="Object", object=k8s.ObjectMetricSourceV2(described_object=namespace, metric=metric, target=per_pod)
    )


def _cpu(percent: int) -> k8s.MetricSpecV2:
    """CPU of the server alone, in percent of what it requests: fetching a model is no load."""
    return k8s.MetricSpecV2(
        type="ContainerResource",
        container_resource=k8s.ContainerResourceMetricSourceV2(
            container=SERVER_CONTAINER,
            name="cpu",
            target=k8s.MetricTargetV2(type="Utilization", average_utilization=percent),
        ),
    )


def _quantity_text(value: float) -> str:
    """A number as Kubernetes writes it: whole, or in thousandths."""
    thousandths = max(1, round(Decimal(repr(value)) * 1000))
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"
