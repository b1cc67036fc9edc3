"""How many nodes Auto Mode adds for a service's pods, by Karpenter's own rule over the manifests as they are made."""

from typing import Any

import pytest

from inference_constructs.config import NodePool, Pods
from inference_constructs.eks.nodes.node_pools import karpenter_node_pools
from tests.unit.eks.karpenter import HOST, ZONE, Node, Simulation
from tests.unit.eks.workloads import deployed

ZONES = ["a", "b", "c"]
PODS = Pods(cpu="1", memory="1Gi")


def pools(**pool: Any) -> list[dict[str, Any]]:
    return [dict(each.manifest()) for each in karpenter_node_pools(NodePool.model_validate({"name": "cpu"} | pool))]


def nodes_for(replicas: int, *, pods: Pods = PODS, extra: tuple[dict[str, Any], ...] = (), **pool: Any) -> list[Node]:
    """The nodes for a variant's pods; `extra` constraints are added to those that it has."""
    template = dict(deployed(pods=pods, spread_spot=0 < pool.get("spot_percent", 0) < 100).pod)
    template["topologySpreadConstraints"] = [*template["topologySpreadConstraints"], *extra]
    return Simulation(template, pools(**pool), ZONES).add(replicas)


def test_many_pods_share_a_node() -> None:
    """EKS fact 9: 120 pods of one core take 4 or 5 nodes of 31 that have room, not 120 of one pod each."""
    nodes = nodes_for(120)
    assert len(nodes) <= 6
    assert max(node.pods for node in nodes) > 20


def test_zones_share_the_pods_and_no_node_is_larger_than_the_pool_says() -> None:
    nodes = nodes_for(120, instance_vcpus={"min": 8, "max": 16})
    by_zone = [sum(node.pods for node in nodes if node.domains[ZONE] == zone) for zone in ZONES]
    assert by_zone == [40, 40, 40]
    assert {node.vcpus for node in nodes} <= {8, 16}
    assert len(nodes) == 9, "three of 15 pods each in a zone"


@pytest.mark.parametrize("replicas", [2, 3])
def test_the_loss_of_a_node_leaves_a_service_of_few_pods_with_some(replicas: int) -> None:
    assert max(node.pods for node in nodes_for(replicas)) == 1


def test_spot_and_on_demand_nodes_are_as_few() -> None:
    nodes = nodes_for(150, spot_percent=40)
    assert sum(node.pods for node in nodes if node.pool == "cpu--spot") == 60
    assert len(nodes) <= len(ZONES) * 5, "a node for each zone and value of the label, none for each pod"


def test_a_preference_for_hosts_would_be_a_node_for_every_pod() -> None:
    """The simulation's own proof, and why there is none on Auto Mode."""
    hosts = {"topologyKey": HOST, "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
    assert len(nodes_for(120, extra=(hosts,))) == 120
