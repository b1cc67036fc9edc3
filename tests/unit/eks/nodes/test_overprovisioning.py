"""Room that is kept free for a burst."""

import pytest

from tests.unit.eks.clusters import Deployed, deployed

#: The Cluster Autoscaler adds no node for a pod below it (--expendable-pods-priority-cutoff).
CUTOFF = -10


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed(headroom={"pods": 3, "cpu": "2", "memory": "4Gi"}, images={"pause": "example.com/pause:1"})


def node_selector_of(cluster: Deployed) -> dict[str, str]:
    selector: dict[str, str] = cluster.one("Deployment", "headroom")["spec"]["template"]["spec"]["nodeSelector"]
    return selector


def test_there_is_none_unless_asked_for() -> None:
    assert deployed().objects("PriorityClass") == []


def test_it_gives_way_to_every_pod_and_still_has_nodes_added(usual: Deployed) -> None:
    """EKS fact 20: a burst takes these pods' place at once, and the node that takes a minute is for them."""
    priority = usual.one("PriorityClass")
    assert CUTOFF <= priority["value"] < 0
    assert priority["globalDefault"] is False
    assert priority["preemptionPolicy"] == "Never"
    deployment = usual.one("Deployment", "headroom")
    pod = deployment["spec"]["template"]["spec"]
    assert deployment["spec"]["replicas"] == 3
    assert pod["priorityClassName"] == priority["metadata"]["name"]
    assert pod["terminationGracePeriodSeconds"] == 0
    (container,) = pod["containers"]
    assert container["image"] == "example.com/pause:1"
    assert container["resources"]["requests"] == {"cpu": "2", "memory": "4Gi"}


@pytest.mark.parametrize(("architecture", "processor"), [("x86_64", "amd64"), ("arm64", "arm64")])
def test_it_is_on_nodes_that_the_burst_can_run_on(architecture: str, processor: str) -> None:
    """EKS fact 20: services select a processor. Left to itself, headroom would be on the cheaper nodes of the two."""
    pools = [{"name": "cpu"}, {"name": "arm", "architecture": "arm64"}]
    headroom = {"pods": 3, "cpu": "2", "memory": "4Gi", "architecture": architecture}
    selector = node_selector_of(deployed(node_pools=pools, headroom=headroom))
    assert selector == {"slipway/kind": "cpu", "kubernetes.io/arch": processor}


def test_it_follows_the_one_processor_that_there_is(usual: Deployed) -> None:
    assert node_selector_of(usual) == {"slipway/kind": "cpu", "kubernetes.io/arch": "amd64"}


def test_its_pods_are_restricted(usual: Deployed) -> None:
    namespace = usual.one("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = usual.one("Deployment", "headroom")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_it_goes_before_the_nodes(usual: Deployed) -> None:
    assert usual.manifest_of("NodePool") in usual.needs(usual.manifest_of("Deployment"))
    assert usual.manifest_of("PriorityClass") in usual.needs(usual.manifest_of("Deployment"))
