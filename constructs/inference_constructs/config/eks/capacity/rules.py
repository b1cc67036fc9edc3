"""Whether the node pools of a cell can give what its services need: refused where a deployment could not end."""

from collections.abc import Iterator, Sequence

from inference_constructs.config.eks.capacity.amounts import (
    Amount,
    PodGroup,
    Pods,
    fewest,
    groups,
    largest_rollout,
    most,
    needed,
)
from inference_constructs.config.eks.cluster import Clusters
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.rules.advice import Advice

_POOLS = "eks.node_pools"


def check_capacity(services: Sequence[ServiceOnEks], clusters: Clusters) -> None:
    """Refuse pools whose limits are below what services need at their fewest, in a rollout, or one alone at its most.

    Pods past the limits of their pools are pending: a rollout ends when its deadline does, and a service that grows
    stays below its `scaling.max` without an alarm.

    Args:
        services: Those on EKS, each of whose cells has all pods.
        clusters: What they run on.

    Raises:
        RuleError: The first thing that does not fit.
    """
    for group in groups(services, clusters):
        given = group.given
        at_least = _sum(group, fewest) + _headroom(group, clusters)
        owners = _owners(group, clusters)
        _check(group, at_least, f"at their fewest {owners} need")
        name, added = largest_rollout(group.services, fewest)
        _check(group, at_least + added, f"with {owners} at their fewest, a rollout of {name} makes that")
        for service in group.services:
            lacking = given.lacking(needed(service, most))
            if lacking is not None:
                accepted = (
                    f"fewer pods, or higher limits of {_names(group)}: at its most {service.name} needs {lacking}"
                )
                raise RuleError(f"services.{service.name}.scaling.max", service.scaling.max, accepted=accepted)


def advise_on_capacity(services: Sequence[ServiceOnEks], clusters: Clusters) -> Iterator[Advice]:
    """Pools that can hold each service and not all of them at once, which may be meant as a bound of the bill."""
    for group in groups(services, clusters):
        owners = _owners(group, clusters)
        at_most = _sum(group, most) + _headroom(group, clusters)
        name, added = largest_rollout(group.services, most)
        lacking = group.given.lacking(at_most)
        if lacking is not None:
            yield Advice(
                key=_POOLS,
                sentence=f"{owners} at their most need {lacking} that {_names(group)} can give: not all of them reach"
                " scaling.max at once, and chance decides whose pods are pending",
            )
        elif (lacking := group.given.lacking(at_most + added)) is not None:
            yield Advice(
                key=_POOLS,
                sentence=f"with {owners} at their most, a rollout of {name} needs {lacking} that {_names(group)} can"
                " give: it waits for room, and is rolled back after its deadline",
            )


def _check(group: PodGroup, wanted: Amount, words: str) -> None:
    lacking = group.given.lacking(wanted)
    if lacking is not None:
        names = [pool.name for pool in group.pools]
        what = "max_accelerators" if "devices" in lacking else "max_cpus"
        accepted = f"a higher {what} of {_names(group)}, or fewer pods: {words} {lacking}"
        raise RuleError(_POOLS, names, accepted=accepted)


def _sum(group: PodGroup, pods: Pods) -> Amount:
    return sum((needed(service, pods) for service in group.services), Amount())


def _headroom(group: PodGroup, clusters: Clusters) -> Amount:
    room = clusters.headroom
    if room is None or (group.kind, group.architecture) != ("cpu", room.processor):
        return Amount()
    return Amount(pods=1, millicores=room.cpu_millicores, mebibytes=room.memory_mebibytes).times(room.pods)


def _owners(group: PodGroup, clusters: Clusters) -> str:
    headroom = ["headroom"] if _headroom(group, clusters).pods else []
    return " and ".join([service.name for service in group.services] + headroom)


def _names(group: PodGroup) -> str:
    return "the pool " + ", ".join(pool.name for pool in group.pools)
