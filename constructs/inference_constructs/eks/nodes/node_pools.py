"""The node pools of a cluster on EKS Auto Mode."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from inference_constructs.config import NodePool
from inference_constructs.config.models.instance_types import Architecture
from inference_constructs.eks.common.labels import CAPACITY_SPREAD, NODE_KIND
from inference_constructs.eks.common.node_labels import ACCELERATOR, ARCHITECTURE, POOL
from inference_constructs.eks.crds import node_class, node_pool
from inference_constructs.eks.crds.node_pool import KarpenterNodePool, Requirement
from inference_constructs.eks.nodes.node_class import node_class_of

#: How much of the traffic each value of the label `slipway/capacity-spread` means, in percent of a service's pods.
_PER_VALUE = 20
_ALL = 100

#: EKS Auto Mode replaces a node after 21 days at most, its end included (EKS User Guide, "Learn about Amazon EKS Auto
#: Mode managed instances"): 14 days, EKS's own default, and one for pods that a disruption budget holds up.
_EXPIRE_AFTER = "336h"
_TERMINATION_GRACE_PERIOD = "24h"

#: Families of current generations, enough of them that one that is sold out does not stop a pool. The EC2 instance type
#: pages list which there are; EKS Auto Mode takes all of these from size large on.
_GENERAL: dict[Architecture, tuple[str, ...]] = {
    "x86_64": ("c7i", "c7a", "c6i", "c6a", "m7i", "m7a", "m6i", "m6a"),
    "arm64": ("c8g", "c7g", "c6g", "m8g", "m7g", "m6g"),
}
_ACCELERATED = {"gpu": ("g6", "g6e", "g5"), "inferentia": ("inf2",)}

#: An instance's vCPUs, as EKS Auto Mode labels it (EKS User Guide, "Create a Node Pool for EKS Auto Mode").
_VCPUS = "eks.amazonaws.com/instance-cpu"

_CONSOLIDATION: dict[str, Literal["WhenEmpty", "WhenEmptyOrUnderutilized"]] = {
    "when_empty": "WhenEmpty",
    "when_underutilized": "WhenEmptyOrUnderutilized",
}


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The nodes of a pool that are bought alike.

    Attributes:
        suffix: Of the part's name. The double hyphen is one that no pool's own name has.
        capacity: How they are bought.
        percent: The part's share of the pool's limits.
        spread: Its values of the label by which pods are spread, empty for a pool that is not divided.
    """

    suffix: str
    capacity: Literal["spot", "on-demand"]
    percent: int
    spread: tuple[str, ...] = ()


def instance_families(pool: NodePool) -> tuple[str, ...]:
    """The EC2 instance families that the environment names, or good ones for the kind."""
    if pool.instance_families:
        return pool.instance_families
    return _GENERAL[pool.architecture] if pool.kind == "cpu" else _ACCELERATED[pool.kind]


def karpenter_node_pools(pool: NodePool) -> Iterator[KarpenterNodePool]:
    """One NodePool, or two where some of its pods are to be on spot capacity and some are not.

    Karpenter has no share of spot. Two pools with different values of one label have, by a topology spread constraint
    on that label: pods go to each of its five values equally (AWS, "Karpenter blueprints: split between on-demand and
    spot instances").
    """
    for part in _parts(pool.spot_percent):
        yield _karpenter_node_pool(pool, part)


def _parts(spot_percent: int) -> list[_Part]:
    if spot_percent == 0:
        return [_Part(suffix="", capacity="on-demand", percent=_ALL)]
    if spot_percent == _ALL:
        return [_Part(suffix="", capacity="spot", percent=_ALL)]
    values = tuple(str(number) for number in range(1, _ALL // _PER_VALUE + 1))
    spot = spot_percent // _PER_VALUE
    return [
        _Part(suffix="--spot", capacity="spot", percent=spot_percent, spread=values[:spot]),
        _Part(suffix="--on-demand", capacity="on-demand", percent=_ALL - spot_percent, spread=values[spot:]),
    ]


def _karpenter_node_pool(pool: NodePool, part: _Part) -> KarpenterNodePool:
    template = node_pool.NodeTemplate(
        metadata=node_pool.Metadata(labels={POOL: pool.name, NODE_KIND: pool.kind}),
        spec=node_pool.NodeTemplateSpec(
            node_class_ref=node_pool.NodeClassReference(
                group=node_class.API_GROUP, kind=node_class.KIND, name=node_class_of(pool)
            ),
            requirements=_requirements(pool, part),
            taints=None if pool.kind == "cpu" else [node_pool.Taint(key=ACCELERATOR[pool.kind], value="true")],
            expire_after=_EXPIRE_AFTER,
            termination_grace_period=_TERMINATION_GRACE_PERIOD,
        ),
    )
    disruption = node_pool.Disruption(
        consolidation_policy=_CONSOLIDATION[pool.disruption.consolidate],
        consolidate_after=f"{pool.disruption.after_s}s",
        budgets=[node_pool.Budget(nodes=f"{pool.disruption.budget_percent}%")],
    )
    return KarpenterNodePool(
        name=f"{pool.name}{part.suffix}",
        spec=node_pool.NodePoolSpec(template=template, disruption=disruption, limits=_limits(pool, part)),
    )


def _requirements(pool: NodePool, part: _Part) -> list[Requirement]:
    requirements = [
        Requirement(key="eks.amazonaws.com/instance-family", values=instance_families(pool)),
        Requirement(key="kubernetes.io/arch", values=[ARCHITECTURE[pool.architecture]]),
        Requirement(key="karpenter.sh/capacity-type", values=[part.capacity]),
    ]
    if (vcpus := pool.vcpus_of_a_node) is not None:
        requirements += [
            Requirement(key=_VCPUS, values=[str(vcpus.min - 1)], operator="Gt"),
            Requirement(key=_VCPUS, values=[str(vcpus.max + 1)], operator="Lt"),
        ]
    if part.spread:
        requirements.append(Requirement(key=CAPACITY_SPREAD, values=part.spread))
    return requirements


def _limits(pool: NodePool, part: _Part) -> dict[str, str]:
    """The part's share of what the whole pool may have, at least one of each."""
    limits = {"cpu": _share(pool.max_cpus, part.percent)}
    if pool.kind != "cpu" and pool.max_accelerators is not None:
        limits[ACCELERATOR[pool.kind]] = _share(pool.max_accelerators, part.percent)
    return limits


def _share(whole: int, percent: int) -> str:
    return str(max(1, whole * percent // _ALL))
