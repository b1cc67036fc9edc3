"""Whether an environment's clusters have nodes for what its services ask for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from inference_constructs.config.eks.cluster import Clusters, Headroom, NodePool
from inference_constructs.config.eks.node_capacity import Room, disk_for_pods, room_on
from inference_constructs.config.eks.pods import Pods
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.instance_types import Architecture

_GIB = 1024


@dataclass(frozen=True, kw_only=True)
class _Demand:
    """What each pod of a service, or of the headroom, asks of a node.

    Attributes:
        name: Whose pods they are.
        kind: The kind of node.
        architecture: Its processor's.
        room: What a pod takes of it.
        disk_mebibytes: What it takes of its disk.
        interruptible: Whether pods may be moved to save nodes.
    """

    name: str
    kind: Literal["cpu", "gpu", "inferentia"]
    architecture: Architecture
    room: Room
    disk_mebibytes: int = 0
    interruptible: bool = True


def check_pools(services: Iterable[ServiceOnEks], clusters: Clusters) -> None:
    """Refuse a service whose pods no node pool takes, or one that would move them though they are not to be moved.

    Pods without a pool would be pending for ever, and nothing would fail.

    Args:
        services: Those on EKS.
        clusters: What it runs on.

    Raises:
        RuleError: The first service without such node pools, or headroom without one.
    """
    for demand in _demands(services, clusters):
        there = [pool for pool in clusters.node_pools if pool.kind == demand.kind]
        rooms = [room_on(pool, clusters.nodes) for pool in there if pool.architecture == demand.architecture]
        if not rooms:
            names = [pool.name for pool in clusters.node_pools]
            accepted = f"a pool of kind {demand.kind} and architecture {demand.architecture} as well, for {demand.name}"
            raise RuleError("eks.node_pools", names, accepted=accepted)
        if not any(room.holds(demand.room) for room in rooms):
            _refuse(demand, clusters, largest=max(rooms, key=lambda room: (room.mebibytes, room.millicores)))
        _check_disk(demand, [pool for pool in there if pool.architecture == demand.architecture])
        if clusters.nodes == "auto_mode" and not demand.interruptible:
            _check_disruption(demand, there)


def _demands(services: Iterable[ServiceOnEks], clusters: Clusters) -> Iterator[_Demand]:
    for service in services:
        yield _of_pods(service.name, service.eks)
    if clusters.headroom is not None:
        yield _of_headroom(clusters.headroom)


def _of_pods(name: str, pods: Pods) -> _Demand:
    devices = pods.gpus or pods.neuron_devices or 0
    room = Room(millicores=pods.cpu_millicores, mebibytes=pods.memory_mebibytes, devices=devices)
    return _Demand(
        name=name,
        kind=pods.kind,
        architecture=pods.architecture,
        room=room,
        disk_mebibytes=pods.disk_mebibytes(),
        interruptible=pods.interruptible,
    )


def _of_headroom(headroom: Headroom) -> _Demand:
    room = Room(millicores=headroom.cpu_millicores, mebibytes=headroom.memory_mebibytes, devices=0)
    return _Demand(name="headroom", kind="cpu", architecture=headroom.processor, room=room)


def _check_disk(demand: _Demand, there: Sequence[NodePool]) -> None:
    """No node would ever hold such a pod, and it would be pending until its rollout is taken back.

    Pods may be on any pool of their kind and architecture, so that one that is large enough is enough.
    """
    most = max((disk_for_pods(pool) for pool in there), default=0)
    if demand.disk_mebibytes > most:
        needed = -(-(demand.disk_mebibytes + 2 * _GIB) * 10 // 9 // _GIB)
        accepted = (
            f"a pool of kind {demand.kind} with disk: {{size: {needed}Gi}} or more, or for {demand.name} a smaller"
            f" eks.model_volume: a pod asks for {demand.disk_mebibytes}Mi of disk, and a node has {most}Mi for it"
        )
        raise RuleError("eks.node_pools", [pool.name for pool in there], accepted=accepted)


def _check_disruption(demand: _Demand, there: Iterable[NodePool]) -> None:
    """Pods may be on any pool of their kind and architecture. The Cluster Autoscaler reads it from each pod."""
    for pool in there:
        if pool.architecture == demand.architecture and pool.disruption.consolidate != "when_empty":
            accepted = (
                f"{{consolidate: when_empty}} for the pool {pool.name}: the pods of {demand.name} are not interruptible"
            )
            raise RuleError("eks.node_pools", pool.disruption, accepted=accepted)


def _refuse(demand: _Demand, clusters: Clusters, *, largest: Room) -> None:
    """A node group has nodes of one size, of any of its families; Auto Mode chooses what fits within the limits."""
    smaller = f"for {demand.name} pods of up to {largest}"
    if clusters.nodes == "managed_node_groups":
        accepted = f"auto_mode, families with more memory, or {smaller}: node groups have nodes of one size"
        raise RuleError("eks.nodes", clusters.nodes, accepted=accepted)
    names = [pool.name for pool in clusters.node_pools]
    larger = "a pool with higher limits, larger instance_vcpus or families with more memory"
    accepted = f"{larger}, or {smaller}: no node would hold one"
    raise RuleError("eks.node_pools", names, accepted=accepted)
