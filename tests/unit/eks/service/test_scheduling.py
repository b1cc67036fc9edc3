"""Which nodes a service's pods run on, how they are spread over them, and whether they may be moved."""

from typing import Any

import pytest

from inference_constructs.config import Pods
from tests.unit.eks.workloads import SERVICE, Deployed, deployed

GPU = Pods(cpu="4", memory="16Gi", gpus=2)
NEURON = Pods(cpu="4", memory="16Gi", neuron_devices=1)


LOST_NODES = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
    for key in ("not-ready", "unreachable")
]


@pytest.fixture(scope="module")
def in_groups() -> Deployed:
    return deployed(nodes="managed_node_groups")


@pytest.mark.parametrize("key", ["topology.kubernetes.io/zone", "kubernetes.io/hostname"])
def test_each_revision_is_spread_for_itself(in_groups: Deployed, key: str) -> None:
    """EKS fact 4: over zones and hosts, as far as there is room: a pod in the wrong place serves, a waiting one not."""
    (constraint,) = [each for each in in_groups.pod["topologySpreadConstraints"] if each["topologyKey"] == key]
    assert constraint["maxSkew"] == 1
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
    assert constraint["matchLabelKeys"] == ["pod-template-hash"]
    assert constraint["nodeTaintsPolicy"] == "Honor"
    assert constraint["labelSelector"]["matchLabels"] == {
        "app.kubernetes.io/name": SERVICE,
        "app.kubernetes.io/instance": "main",
    }


def test_on_auto_mode_pods_are_spread_over_zones_alone() -> None:
    """Karpenter takes a preference for hosts as a reason to add a node for every pod."""
    keys = [each["topologyKey"] for each in deployed().pod["topologySpreadConstraints"]]
    assert keys == ["topology.kubernetes.io/zone"]


@pytest.mark.parametrize("spread_spot", [True, False])
def test_spot_is_a_share_of_the_pods(spread_spot: bool) -> None:  # noqa: FBT001 - a parameter of pytest's
    """EKS fact 9: a share of the pods on spot nodes, so that the others stay when those go."""
    keys = [each["topologyKey"] for each in deployed(spread_spot=spread_spot).pod["topologySpreadConstraints"]]
    assert ("slipway/capacity-spread" in keys) is spread_spot


@pytest.mark.parametrize(
    ("pods", "kind", "device"),
    [(GPU, "gpu", ("nvidia.com/gpu", "2")), (NEURON, "inferentia", ("aws.amazon.com/neuron", "1"))],
)
def test_accelerators_are_asked_for_and_their_nodes_taint_tolerated(
    pods: Pods, kind: str, device: tuple[str, str]
) -> None:
    """EKS fact 15: GPU and Inferentia nodes come from node pools of their own."""
    accelerated = deployed(pods=pods)
    resource, count = device
    assert accelerated.server["resources"]["limits"][resource] == count
    assert accelerated.server["resources"]["requests"][resource] == count
    assert accelerated.pod["nodeSelector"]["slipway/kind"] == kind
    tolerated = {"key": resource, "operator": "Exists", "effect": "NoSchedule"}
    assert accelerated.pod["tolerations"] == [*LOST_NODES, tolerated]
    assert resource not in accelerated.pod["initContainers"][0]["resources"]["limits"]


@pytest.mark.parametrize(("architecture", "label"), [("x86_64", "amd64"), ("arm64", "arm64")])
def test_pods_run_on_nodes_of_their_architecture(architecture: Any, label: str) -> None:
    pods = deployed(pods=Pods(cpu="1", memory="1Gi", architecture=architecture)).pod
    assert pods["nodeSelector"] == {"slipway/kind": "cpu", "kubernetes.io/arch": label}
    assert pods["tolerations"] == LOST_NODES, "30 s, and not Kubernetes' 300"


@pytest.mark.parametrize(
    ("nodes", "interruptible", "expected"),
    [
        ("auto_mode", True, {}),
        ("auto_mode", False, {}),
        ("managed_node_groups", True, {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}),
        ("managed_node_groups", False, {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}),
    ],
)
def test_whether_pods_may_be_moved_to_save_nodes(nodes: Any, interruptible: Any, expected: dict[str, str]) -> None:
    """EKS fact 9: in the words of whoever takes nodes away.

    Not `karpenter.sh/do-not-disrupt`: pods with it are not evicted from a node that expires, which every node of Auto
    Mode does, but deleted with it, all at once and past their disruption budget (Karpenter, "Disruption").
    """
    pods = Pods(cpu="1", memory="1Gi", interruptible=interruptible)
    metadata = deployed(nodes=nodes, pods=pods).one("Deployment")["spec"]["template"]["metadata"]
    assert metadata.get("annotations", {}) == expected
