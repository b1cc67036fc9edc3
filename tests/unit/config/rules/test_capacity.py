"""Whether pools give what services need: at their fewest, at their most, in a rollout and beside headroom."""

from typing import Any

import pytest

from inference_constructs.config import Clusters, ServiceOnEks
from inference_constructs.config.eks.capacity.amounts import Amount, added_by_a_rollout, fewest, groups, most
from inference_constructs.config.eks.capacity.rules import advise_on_capacity, check_capacity
from tests.unit.config.test_pools import clusters
from tests.unit.config.test_service_on_eks import on_eks

CPU: dict[str, Any] = {"name": "cpu"}
GPU: dict[str, Any] = {"name": "gpu", "kind": "gpu", "max_accelerators": 2, "max_cpus": 64}
ROLLING = {"strategy": "rolling", "batch_percent": 25}


def service(name: str = "triage", *, scaling: dict[str, Any], **settings: Any) -> ServiceOnEks:
    pods = {"cpu": "2", "memory": "4Gi"} | settings.pop("eks", {})
    bounds = {"target": 8, "max": 20} | scaling
    return on_eks(name=name, eks=pods, scaling=bounds, **({"rollout": ROLLING} | settings))


def auto(*pools: dict[str, Any], **settings: Any) -> Clusters:
    return clusters(*pools, nodes="auto_mode", **settings)


def test_what_is_needed_is_counted() -> None:
    """2 cores each: 4 pods at the fewest, 20 at the most, and a quarter more of them in a rollout, rounded up."""
    there = service(scaling={"min": 5})
    assert added_by_a_rollout(there, fewest) == Amount(pods=2, millicores=4000, mebibytes=2 * 4096)
    assert added_by_a_rollout(there, most).pods == 5
    all_at_once = service(scaling={"min": 5}, rollout={"strategy": "all_at_once"})
    assert added_by_a_rollout(all_at_once, fewest).pods == 5


def test_what_is_given_is_what_the_largest_nodes_have() -> None:
    """Two nodes of 16 vCPUs, one of which goes to the system; c7i has 2 GiB for each."""
    pool = CPU | {"max_cpus": 40, "instance_vcpus": {"min": 8, "max": 16}, "instance_families": ["c7i"]}
    (group,) = groups([service(scaling={"min": 2})], auto(pool))
    assert (group.given.millicores, group.given.mebibytes) == (2 * 15_000, 2 * (32_768 - 2048 - 2048))


@pytest.mark.parametrize(
    ("there", "services", "accepted"),
    [
        (auto(CPU | {"max_cpus": 8}), [{"scaling": {"min": 20}}], "at their fewest triage need 40 cores of 7"),
        (clusters(CPU | {"max_cpus": 16}), [{"scaling": {"min": 8}}], "need 16 cores of 14"),
        (
            auto(CPU, GPU),
            [{"scaling": {"min": 4, "max": 4}, "eks": {"gpus": 1}}],
            "a higher max_accelerators of the pool gpu, or fewer pods: at their fewest triage need 4 devices of 2",
        ),
        (
            auto(CPU, GPU),
            [{"scaling": {"min": 2, "max": 2}, "eks": {"gpus": 1}}],
            "with triage at their fewest, a rollout of triage makes that 3 devices of 2",
        ),
        (
            auto(CPU | {"max_cpus": 16}),
            [{"scaling": {"min": 7, "max": 7}}],
            "a rollout of triage makes that 18 cores of 15",
        ),
        (
            auto(CPU | {"max_cpus": 32}),
            [{"scaling": {"min": 2, "max": 60}}],
            "or higher limits of the pool cpu: at its most triage needs 120 cores of 31",
        ),
        (
            auto(CPU | {"max_cpus": 32, "instance_families": ["c7i"]}),
            [{"scaling": {"min": 2, "max": 8}, "eks": {"memory": "10Gi"}}],
            "at its most triage needs 80 GiB of memory of 58",
        ),
        (
            auto(CPU, headroom={"pods": 1000, "cpu": "8", "memory": "1Gi"}),
            [],
            "at their fewest headroom need 8000 cores of 248",
        ),
        (
            auto(CPU | {"max_cpus": 32}, headroom={"pods": 5, "cpu": "4", "memory": "1Gi"}),
            [{"scaling": {"min": 4}}, {"name": "other", "scaling": {"min": 2}}],
            "at their fewest triage and other and headroom need 32 cores of 31",
        ),
    ],
)
def test_pools_that_cannot_hold_what_is_needed_are_refused(
    there: Clusters, services: list[dict[str, Any]], accepted: str
) -> None:
    with pytest.raises(ValueError, match=accepted):
        check_capacity([service(**each) for each in services], there)


def test_what_just_fits_is_taken() -> None:
    """A node of 32 vCPUs has 31 for pods: 12 pods of 2 cores, and a rollout of 3."""
    check_capacity([service(scaling={"min": 12, "max": 12})], auto(CPU | {"max_cpus": 32}))
    gpu = service(scaling={"min": 1, "max": 1}, eks={"gpus": 1}, objectives={"latency_p99_ms": 100})
    check_capacity([gpu], auto(CPU, GPU))


def test_services_that_do_not_all_reach_their_most_are_reported() -> None:
    there = auto(CPU | {"max_cpus": 64})
    both = [service(scaling={"min": 2, "max": 20}), service("other", scaling={"min": 2, "max": 20})]
    check_capacity(both, there)
    (found,) = advise_on_capacity(both, there)
    assert str(found).startswith("eks.node_pools: triage and other at their most need 80 cores of 62 that the pool cpu")
    one = [service(scaling={"min": 2, "max": 28})]
    check_capacity(one, there)
    (found,) = advise_on_capacity(one, there)
    assert "with triage at their most, a rollout of triage needs 70 cores of 62" in str(found)
    assert not list(advise_on_capacity([service(scaling={"min": 2, "max": 20})], there))
