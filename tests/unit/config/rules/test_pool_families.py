"""Which instance families a node pool may name."""

from typing import Any

import pytest

from inference_constructs.config import NodePool
from inference_constructs.config.eks.capacity.families import SIZE_OF_A_GROUP, check_families
from inference_constructs.config.models.aws import ec2_instances
from inference_constructs.config.models.instance_types import FAMILIES
from inference_constructs.eks.nodes import managed_groups, node_pools
from tests.unit.config.rules import published_instance_types
from tests.unit.config.test_pools import KINDS, clusters

CPU = {"name": "cpu"}


def pool(*families: str, **settings: Any) -> dict[str, Any]:
    return {"name": "pool", "instance_families": list(families)} | settings


GPU: dict[str, Any] = {"kind": "gpu", "max_accelerators": 16}
NEURON: dict[str, Any] = {"kind": "inferentia", "max_accelerators": 16}


@pytest.mark.parametrize(
    ("wrong", "accepted"),
    [
        (pool("c99z"), "families that EC2 has in the pool pool, such as c7i"),
        (pool("c7"), r"did you mean c7.*\?"),
        (pool("p3", kind="gpu", max_accelerators=16), "families of current generations"),
        (pool("c7g"), "families of x86_64 in the pool pool: c7g is arm64"),
        (pool("c7i", architecture="arm64"), "families of arm64 in the pool pool: c7i is x86_64"),
        (pool("m7i", "g5"), "families without accelerators in the pool pool, of kind cpu"),
        (pool("vt1"), "families without accelerators"),
        (pool("c7i", **GPU), "families with NVIDIA GPUs in the pool pool, of kind gpu"),
        (pool("inf2", **GPU), "families with NVIDIA GPUs"),
        (pool("g6f", **GPU), "families with NVIDIA GPUs"),
        (pool("g6", **NEURON), "families with Neuron devices"),
    ],
)
def test_families_are_there_and_what_the_pool_is_for(wrong: dict[str, Any], accepted: str) -> None:
    for nodes in ("auto_mode", "managed_node_groups"):
        with pytest.raises(ValueError, match=accepted):
            check_families(clusters(CPU, wrong, nodes="auto_mode" if nodes == "auto_mode" else "managed_node_groups"))


@pytest.mark.parametrize(
    ("wrong", "accepted"),
    [
        (pool("p5", **GPU), "there is no p5.xlarge, only 48xlarge, 4xlarge"),
        (pool("g7e", **GPU), "there is no g7e.xlarge"),
        (pool("trn1", **NEURON), "there is no trn1.xlarge"),
    ],
)
def test_a_node_group_has_one_size(wrong: dict[str, Any], accepted: str) -> None:
    with pytest.raises(ValueError, match=accepted):
        check_families(clusters(CPU, wrong))
    check_families(clusters(CPU, wrong, nodes="auto_mode"))


@pytest.mark.parametrize(
    ("wrong", "limits"),
    [
        (pool("p5en", max_cpus=128, **GPU), "max_cpus 128, max_accelerators 16 of the pool pool; there are p5en.48"),
        (pool("p5en", kind="gpu", max_accelerators=4), "max_cpus 256, max_accelerators 4"),
        (pool("p5en", spot_percent=40, **GPU), "max_cpus 153, max_accelerators 9"),
        (pool("c7i", instance_vcpus={"min": 128, "max": 160}), "instance_vcpus 128 to 160"),
    ],
)
def test_auto_mode_needs_a_size_within_the_limits(wrong: dict[str, Any], limits: str) -> None:
    with pytest.raises(ValueError, match=limits):
        check_families(clusters(CPU, wrong, nodes="auto_mode"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_families_of_pools_that_name_none_would_be_accepted(kind: dict[str, Any]) -> None:
    plain = NodePool.model_validate({"name": "pool"} | kind)
    of_a_group = [name.partition(".") for name in managed_groups.instance_types(plain)]
    assert {size for *_, size in of_a_group} == {SIZE_OF_A_GROUP[plain.kind]}
    check_families(clusters(CPU, pool(*(family for family, *_ in of_a_group), **kind)))
    check_families(clusters(CPU, pool(*node_pools.instance_families(plain), **kind), nodes="auto_mode"))


def test_the_table_is_what_aws_publishes() -> None:
    """After an update of moto or botocore: `python -m tests.unit.config.rules.published_instance_types`."""
    assert ec2_instances.TABLE.read_text(encoding="utf-8") == published_instance_types.text()


def test_sagemakers_families_have_the_processors_of_ec2s() -> None:
    for name, sagemakers in FAMILIES.items():
        ec2s = ec2_instances.ec2_family(name)
        assert ec2s is not None, name
        if ec2s.architecture is not None:
            assert ec2s.architecture == sagemakers.architecture, name
            assert (ec2s.device == "gpu") == (sagemakers.accelerator == "gpu"), name
