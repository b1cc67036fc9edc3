"""Which pods the nodes of an environment's pools have room for."""

import re
from typing import Any

import pytest

from inference_constructs.config import Clusters, NodePool
from inference_constructs.config.eks.node_capacity import Nodes, gib_per_vcpu, room_on
from inference_constructs.config.eks.pool_rules import check_pools
from inference_constructs.eks.nodes import managed_groups as node_groups
from inference_constructs.eks.nodes import node_pools
from tests.unit.config.test_service_on_eks import on_eks

LOAD_BALANCER = {"domain_name": "models.example.com", "hosted_zone_id": "Z0123456789ABC"}
CPU = {"name": "cpu"}
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "cpu"},
    {"kind": "cpu", "architecture": "arm64"},
    {"kind": "gpu", "max_accelerators": 8},
    {"kind": "inferentia", "max_accelerators": 8},
)


def clusters(*pools: dict[str, Any], nodes: Nodes = "managed_node_groups", **settings: Any) -> Clusters:
    return Clusters.model_validate(settings | {"load_balancer": LOAD_BALANCER, "nodes": nodes, "node_pools": pools})


def check(pods: dict[str, Any], there: Clusters) -> None:
    check_pools([on_eks(eks={"cpu": "2", "memory": "4Gi"} | pods)], there)


@pytest.mark.parametrize(
    ("families", "memory"),
    [
        (["c7i"], "13Gi"),
        (["c7i", "m7i"], "13Gi"),
        (["m7i", "r7i"], "28Gi"),
        (["r7i"], "58Gi"),
        (["r6id", "x2gd"], "58Gi"),
        ([], "28Gi"),
    ],
)
def test_a_pod_may_take_what_the_smallest_family_of_a_group_has(families: list[str], memory: str) -> None:
    """A node of c7i.2xlarge has 16 GiB, of m7i.2xlarge 32 and of r7i.2xlarge 64 (EC2 instance type pages)."""
    there = clusters(CPU | {"instance_families": families})
    check({"memory": memory, "cpu": "7"}, there)
    for too_much in ({"memory": f"{int(memory.removesuffix('Gi')) + 1}Gi"}, {"cpu": "7001m"}):
        with pytest.raises(ValueError, match=f"or for triage pods of up to 7000m, {int(memory[:-2]) * 1024}Mi: node"):
            check(too_much, there)


def test_pods_that_are_not_to_be_moved_need_pools_that_move_none() -> None:
    """EKS fact 9: pods of a service may be on any pool of their kind and architecture."""
    movers = {"disruption": {"consolidate": "when_underutilized"}}
    arm = {"name": "arm", "architecture": "arm64"} | movers
    check({"interruptible": False}, clusters(CPU, arm, nodes="auto_mode"))
    check({"interruptible": True}, clusters(CPU | movers, nodes="auto_mode"))
    check({"interruptible": False}, clusters(CPU | movers))  # the Cluster Autoscaler is told of each pod
    with pytest.raises(
        ValueError, match=r"consolidate: when_empty\} for the pool other: the pods of triage are not in"
    ):
        check({"interruptible": False}, clusters(CPU, {"name": "other"} | movers, nodes="auto_mode"))


def test_one_pool_with_room_is_enough() -> None:
    small, large = CPU | {"instance_families": ["c7i"]}, {"name": "large", "instance_families": ["r7i"]}
    check({"memory": "58Gi"}, clusters(small, large))
    with pytest.raises(ValueError, match=r"58Gi|59392Mi"):
        check({"memory": "59Gi"}, clusters(small, large))
    other = large | {"architecture": "arm64", "instance_families": ["r8g"]}
    with pytest.raises(ValueError, match="up to 7000m, 13312Mi"):
        check({"memory": "58Gi"}, clusters(small, other))


@pytest.mark.parametrize(
    ("pool", "pods"),
    [
        ({"instance_vcpus": {"max": 192}}, {"cpu": "64", "memory": "512Gi"}),
        ({}, {"cpu": "31"}),
        ({"instance_families": ["c7i"]}, {"memory": "28Gi"}),
        ({"instance_families": ["c7i", "r7i"], "max_cpus": 8}, {"memory": "58Gi"}),
        ({"spot_percent": 20, "max_cpus": 10}, {"cpu": "7", "memory": "28Gi"}),
    ],
)
def test_auto_mode_takes_a_size_and_a_family_that_fit(pool: dict[str, Any], pods: dict[str, Any]) -> None:
    check(pods, clusters(CPU | pool, nodes="auto_mode"))


def test_auto_mode_adds_no_node_past_the_limits_of_its_pool() -> None:
    """Karpenter counts what a node has before it adds it; a pool of spot and on-demand nodes divides its limits."""
    for pool, pods in (
        ({}, {"cpu": "32"}),
        ({"instance_vcpus": {"min": 8, "max": 16}}, {"cpu": "16"}),
        ({"max_cpus": 8}, {"cpu": "8"}),
        ({"max_cpus": 8, "instance_families": ["c7i"]}, {"memory": "28Gi"}),
        ({"max_cpus": 8, "spot_percent": 40}, {"cpu": "4"}),
        ({"max_cpus": 2, "spot_percent": 40}, {"cpu": "500m"}),
    ):
        with pytest.raises(ValueError, match="no node would hold one"):
            check(pods, clusters(CPU | pool, nodes="auto_mode"))


@pytest.mark.parametrize("spot_percent", [0, 100])
def test_devices_of_a_pod_are_on_one_node(spot_percent: int) -> None:
    gpu = {"name": "gpu", "kind": "gpu", "max_accelerators": 4, "spot_percent": spot_percent}
    check({"gpus": 4}, clusters(CPU, gpu, nodes="auto_mode"))
    check({"gpus": 1}, clusters(CPU, gpu))
    with pytest.raises(ValueError, match="and 4 devices: no node would hold one"):
        check({"gpus": 5}, clusters(CPU, gpu, nodes="auto_mode"))
    with pytest.raises(ValueError, match="and 1 device: node groups"):
        check({"gpus": 2}, clusters(CPU, gpu))


def test_headroom_has_to_fit_as_well() -> None:
    headroom = {"pods": 1, "cpu": "7", "memory": "28Gi"}
    check_pools([], clusters(CPU, headroom=headroom))
    with pytest.raises(ValueError, match="for headroom pods of up to 7000m, 13312Mi"):
        check_pools([], clusters(CPU | {"instance_families": ["c7i"]}, headroom=headroom))


@pytest.mark.parametrize("kind", KINDS)
def test_pools_without_families_have_the_room_of_those_that_they_get(kind: dict[str, Any]) -> None:
    pool = NodePool.model_validate({"name": "pool"} | kind)
    families_of: dict[Nodes, list[str]] = {
        "managed_node_groups": [name.split(".")[0] for name in node_groups.instance_types(pool)],
        "auto_mode": list(node_pools.instance_families(pool)),
    }
    for nodes, families in families_of.items():
        named = pool.model_copy(update={"instance_families": tuple(families)})
        assert room_on(pool, nodes) == room_on(named, nodes), f"{nodes}: {families}"


@pytest.mark.parametrize(
    ("family", "gib"),
    [
        ("c7i-flex", 2), ("m8g", 4), ("r7iz", 8), ("g5", 4), ("g5g", 2), ("gr6", 8), ("inf1", 2), ("inf2", 4),
        ("p4d", 1152 / 96), ("p5", 2048 / 192), ("u7i", None),
    ],
)  # fmt: skip
def test_memory_is_known_by_family(family: str, gib: float | None) -> None:
    """GiB for each vCPU, by the EC2 instance type pages."""
    assert gib_per_vcpu(family) == gib


def test_of_what_is_not_known_only_a_group_has_to_be_sure() -> None:
    """A node group's next node is what it is; Auto Mode may find one that fits, and no rule is to stand in its way."""
    pool = CPU | {"instance_families": ["u7i"], "max_cpus": 192}
    check({"memory": "1000Gi"}, clusters(pool | {"instance_vcpus": {"max": 192}}, nodes="auto_mode"))
    with pytest.raises(ValueError, match="up to 7000m, 13312Mi"):
        check({"memory": "14Gi"}, clusters(pool))


GPU = {"name": "gpu", "kind": "gpu", "max_accelerators": 8}


@pytest.mark.parametrize("nodes", ["auto_mode", "managed_node_groups"])
@pytest.mark.parametrize(("disk", "most"), [(None, "87Gi"), ({"size": "100Gi"}, "87Gi"), ({"size": "600Gi"}, "537Gi")])
def test_a_model_has_room_on_the_nodes_disk(nodes: Nodes, disk: dict[str, Any] | None, most: str) -> None:
    """No node would ever hold such a pod, and its rollout would be taken back after 25 minutes."""
    there = clusters(CPU | {"disk": disk}, nodes=nodes)
    check({"model_volume": most}, there)
    too_much = f"{int(most.removesuffix('Gi')) + 1}Gi"
    with pytest.raises(ValueError, match=r"a pool of kind cpu with disk: \{size: \d+Gi\} or more, or for triage a sma"):
        check({"model_volume": too_much}, there)


def test_the_disk_that_an_error_names_is_large_enough() -> None:
    with pytest.raises(ValueError, match=r"disk: \{size: \d+Gi\}") as error:
        check({"model_volume": "500Gi"}, clusters(CPU, nodes="auto_mode"))
    size = re.search(r"size: (\d+Gi)", str(error.value))
    assert size is not None
    check({"model_volume": "500Gi"}, clusters(CPU | {"disk": {"size": size[1]}}, nodes="auto_mode"))


def test_one_pool_of_the_kind_with_a_large_disk_is_enough() -> None:
    pods = {"gpus": 1, "model_volume": "150Gi"}
    large = {"name": "large", "kind": "gpu", "max_accelerators": 8, "disk": {"size": "300Gi"}}
    check(pods, clusters(CPU, GPU, large, nodes="auto_mode"))
    with pytest.raises(ValueError, match="a pool of kind gpu with disk"):
        check(pods, clusters(CPU | {"disk": {"size": "300Gi"}}, GPU, nodes="auto_mode"))


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        ({"size": "10Gi"}, "whole GiB, from 20Gi"),
        ({"size": "20Mi"}, "whole GiB"),
        ({"size": "100"}, "a whole number with Mi or Gi"),
        ({"size": "20Gi", "iops": 12_000}, "up to 10000, 500 for each GiB"),
        ({"size": "500Gi", "throughput": 1000}, "up to 750, a quarter of iops"),
        ({"size": "500Gi", "iops": 20_000}, "less than or equal to 16000"),
    ],
)
def test_a_disk_is_one_that_ebs_has(disk: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        NodePool.model_validate(CPU | {"disk": disk})
