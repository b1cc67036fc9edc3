"""How many pods may be taken away at once when nodes are drained."""

from cdk8s_plus_33 import k8s

from inference_constructs.eks.common.labels import selector, variant_metadata
from inference_constructs.eks.common.manifests import Manifest, number_or_text

#: Kubernetes rounds up: one pod of up to ten. It exists for variants of one pod too, which it protects from nothing, so
#: that a variant that grows or shrinks changes no set of objects.
MOST_AT_ONCE = "10%"


def disruption_budget(service_name: str, variant_name: str) -> Manifest:
    """A budget for voluntary disruptions. Pods that do not work anyway never keep a node from being drained."""
    rendered: Manifest = k8s.KubePodDisruptionBudget.manifest(
        metadata=variant_metadata(service_name, variant_name),
        spec=k8s.PodDisruptionBudgetSpec(
            selector=k8s.LabelSelector(match_labels=selector(service_name, variant_name)),
            max_unavailable=number_or_text(MOST_AT_ONCE),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
    )
    return rendered
