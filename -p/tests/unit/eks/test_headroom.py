"""Room that is kept free for a burst."""

import pytest

from tests.unit.eks.clusters import Deployed, deployed

#: The Cluster Autoscaler adds no node for a pod below it (--expendable-pods-priority-cutoff).
CUTOFF = -10


@pytest.fixture(scope="module")
def usual() -> Deployed:
    return deployed(headroom={"pods": 3, "cpu": "2", "memory": "4Gi"}, images={"pause": "example.com/pause:1"})


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
