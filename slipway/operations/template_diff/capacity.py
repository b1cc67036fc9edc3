"""How much an alarm's metric can rise to, by the template's instances and pods.

The threshold of such an alarm follows the capacity: SageMaker sums CPU over the cores of an instance, so that 90 % of 4
vCPUs are 360 %; and an alarm at the limit of scaling fires at the limit, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from inference_constructs.config.models.instance_types import find_instance_type

Resources = Mapping[str, Mapping[str, Any]]

_UTILISATION: Final = {"CPUUtilization": "vcpus", "GPUUtilization": "gpus", "GPUMemoryUtilization": "gpus"}
_HOST_METRICS: Final = "/aws/sagemaker/Endpoints"
_REPLICAS: Final = frozenset({"replicas_desired", "kube_deployment_spec_replicas"})


def follows_capacity(logical_id: str, before: Resources, after: Resources) -> bool:
    """Whether an alarm's threshold rises no more than the capacity that it measures.

    Args:
        logical_id: The alarm's, in both.
        before: The stack's resources before.
        after: The same after the change.
    """
    old, new = before[logical_id].get("Properties", {}), after[logical_id].get("Properties", {})
    metric = new.get("MetricName")
    if metric != old.get("MetricName"):
        return False
    thresholds = old.get("Threshold"), new.get("Threshold")
    if not all(isinstance(each, (int, float)) for each in thresholds):
        return False
    was, now = thresholds
    if metric in _UTILISATION and new.get("Namespace") == _HOST_METRICS:
        parts = [_parts(each, _UTILISATION[metric], there) for each, there in ((old, before), (new, after))]
        return None not in parts and now / parts[1] <= was / parts[0]
    if metric in _REPLICAS:
        most = [_most_pods(each, there) for each, there in ((old, before), (new, after))]
        return None not in most and now - most[1] <= was - most[0]
    return False


def _parts(alarm: Mapping[str, Any], kind: str, resources: Resources) -> int | None:
    """The vCPUs or GPUs of the instances that an alarm watches."""
    variant = _dimensions(alarm).get("VariantName")
    types = {each.get("InstanceType") for each in _variants(resources) if each.get("VariantName") == variant}
    if len(types) != 1:
        return None
    found = find_instance_type(str(types.pop()))
    return getattr(found, kind) or None if found else None


def _variants(resources: Resources) -> Iterator[Mapping[str, Any]]:
    for resource in resources.values():
        if resource["Type"] == "AWS::SageMaker::EndpointConfig":
            for key in ("ProductionVariants", "ShadowProductionVariants"):
                yield from resource["Properties"].get(key, [])


def _most_pods(alarm: Mapping[str, Any], resources: Resources) -> int | None:
    """The most pods that the Deployment of an alarm may have."""
    dimensions = _dimensions(alarm)
    for each in objects_of(resources):
        match each:
            case {
                "kind": "HorizontalPodAutoscaler",
                "metadata": {"namespace": namespace},
                "spec": {"maxReplicas": int(most), "scaleTargetRef": {"name": name}},
            } if (namespace, name) == (dimensions.get("Namespace"), dimensions.get("PodName")):
                return most
    return None


def objects_of(resources: Resources) -> Iterator[Mapping[str, Any]]:
    """The Kubernetes objects that a stack applies."""
    for resource in resources.values():
        manifest = resource.get("Properties", {}).get("Manifest")
        if isinstance(manifest, list):
            yield from (each for each in manifest if isinstance(each, Mapping))


def _dimensions(alarm: Mapping[str, Any]) -> dict[str, Any]:
    return {each.get("Name"): each.get("Value") for each in alarm.get("Dimensions", [])}
