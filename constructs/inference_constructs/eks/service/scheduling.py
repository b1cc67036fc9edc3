"""Which nodes a service's pods run on, and how they are spread over them."""

from collections.abc import Sequence

from cdk8s_plus_33 import k8s

from inference_constructs.config import Pods
from inference_constructs.eks.common.contract import NodeMode
from inference_constructs.eks.common.labels import CAPACITY_SPREAD, NODE_KIND, selector
from inference_constructs.eks.common.node_labels import ACCELERATOR, ARCHITECTURE

_LOST_AFTER_S = 30
_ZONE, _HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def node_selector(pods: Pods) -> dict[str, str]:
    """The labels of nodes that can run the pods."""
    return {NODE_KIND: pods.kind, "kubernetes.io/arch": ARCHITECTURE[pods.architecture]}


def tolerations(pods: Pods) -> list[k8s.Toleration]:
    """The taints that the pods may run beside.

    A node that does not answer keeps its pods for `_LOST_AFTER_S` only. Kubernetes' own default is 300 s, after the 40
    s until it calls a node lost: for so long nothing would take the place of what a zone took along.
    """
    lost = [
        k8s.Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=_LOST_AFTER_S)
        for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    ]
    taint = ACCELERATOR.get(pods.kind)
    return [*lost, *([k8s.Toleration(key=taint, operator="Exists", effect="NoSchedule")] if taint else [])]


def devices(pods: Pods) -> dict[str, str]:
    """The accelerators of a pod, by the name of the resource."""
    count = pods.gpus or pods.neuron_devices
    return {ACCELERATOR[pods.kind]: str(count)} if count else {}


def disruption_annotations(pods: Pods, nodes: NodeMode) -> dict[str, str]:
    """Whether the pods may be moved to save nodes, in the words of whoever takes nodes away.

    The Cluster Autoscaler moves none that have a volume on the node, as these have for their model, unless annotated
    so. Karpenter follows the pool's `disruption`, and the pool of pods that are not to be moved lets go of
    empty nodes only. `karpenter.sh/do-not-disrupt` would be too strict: a node that is too old is drained all
    the same, and pods with it stay to the very end and then go at once, whatever their disruption budget
    (Karpenter, "Disruption", `terminationGracePeriod`). Nodes that came with one rollout are too old on one day.
    """
    if nodes == "managed_node_groups":
        return {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true" if pods.interruptible else "false"}
    return {}


def spread_constraints(
    service_name: str, variant_name: str, *, nodes: NodeMode, spread_spot: bool
) -> Sequence[k8s.TopologySpreadConstraint]:
    """Spread each version of a variant over zones and, if asked for, over spot and on-demand nodes.

    As far as there is room: a pod in the wrong place serves, and one that waits for a zone that has failed, or has no
    such instances left, does not. Each revision is spread for itself, or the pods that are about to end would push the
    new ones together. Nodes that take no pods, such as those of a failed zone, do not count.

    Over hosts only where the Cluster Autoscaler adds nodes, which does not look at preferences. Karpenter, and so Auto
    Mode, adds nodes as if each constraint were a must, and gives way only where a pod has no other place. A new host is
    always another place, and one without pods: it would add a node for every pod (Karpenter, `topologygroup.go`,
    `domainMinCount`). How many pods the loss of a node takes is bounded by the sizes that the pool may have.
    """
    keys = [_ZONE]
    if nodes == "managed_node_groups":
        keys.append(_HOST)
    if spread_spot:
        keys.append(CAPACITY_SPREAD)
    return [
        k8s.TopologySpreadConstraint(
            topology_key=key,
            max_skew=1,
            when_unsatisfiable="ScheduleAnyway",
            label_selector=k8s.LabelSelector(match_labels=selector(service_name, variant_name)),
            match_label_keys=["pod-template-hash"],
            node_taints_policy="Honor",
        )
        for key in keys
    ]
