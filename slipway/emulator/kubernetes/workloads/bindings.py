"""TargetGroupBindings, whoever's controller they are for: EKS Auto Mode's, or the AWS Load Balancer Controller."""

from typing import Any, Final

from slipway.emulator.kubernetes.api.objects import Manifest, Objects

_BINDINGS: Final = ("targetgroupbindings.eks.amazonaws.com", "targetgroupbindings.elbv2.k8s.aws")
_GATES: Final = ("eks.amazonaws.com/pod-readiness-gate-inject", "elbv2.k8s.aws/pod-readiness-gate-inject")


def bindings(objects: Objects, namespace: str | None = None) -> list[Manifest]:
    """The bindings of all namespaces or of one."""
    return [found for kind in _BINDINGS for found in objects.all(kind, namespace)]


def wants_gates(namespace: dict[str, Any]) -> bool:
    """Whether new pods of a namespace are to have a readiness gate."""
    labels = namespace.get("metadata", {}).get("labels", {})
    return any(labels.get(gate) == "enabled" for gate in _GATES)
