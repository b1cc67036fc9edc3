"""What services on EKS need of a cell at their fewest, at their most and in a rollout, and what its pools can give.

Nodes are as large as their pool allows, and pods fill them without a gap, which is in the services' favour. What the
system of a node takes is what `node_capacity` says, which is rather more than it does.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from inference_constructs.config.eks.cluster import Clusters, NodePool
from inference_constructs.config.eks.node_capacity import Nodes, room_on
from inference_constructs.config.eks.service import ResolvedPodVariant, ServiceOnEks
from inference_constructs.config.models.instance_types import Architecture

Kind = Literal["cpu", "gpu", "inferentia"]
#: How many pods of a variant: `fewest` or `most`.
Pods = Callable[[ResolvedPodVariant], int]
_ALL = 100
_THOUSAND = 1000
#: What the system and the DaemonSets of a node take is a vCPU (`node_capacity`), so that a node has this more.
_TAKEN_MILLICORES = 1000


@dataclass(frozen=True, kw_only=True)
class Amount:
    """What pods ask for, or nodes have for them.

    Attributes:
        pods: How many pods.
        millicores: Thousandths of a core.
        mebibytes: Memory in MiB.
        devices: GPUs or Neuron devices.
    """

    pods: int = 0
    millicores: int = 0
    mebibytes: int = 0
    devices: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        """Both together."""
        return Amount(
            pods=self.pods + other.pods,
            millicores=self.millicores + other.millicores,
            mebibytes=self.mebibytes + other.mebibytes,
            devices=self.devices + other.devices,
        )

    def times(self, number: int) -> "Amount":
        """That many of it."""
        return Amount(
            pods=self.pods * number,
            millicores=self.millicores * number,
            mebibytes=self.mebibytes * number,
            devices=self.devices * number,
        )

    def lacking(self, wanted: "Amount") -> str | None:
        """What there is too little of, as words with both amounts; None if there is enough."""
        if wanted.devices > self.devices:
            return f"{wanted.devices} devices of {self.devices}"
        if wanted.millicores > self.millicores:
            return f"{_cores(wanted.millicores)} cores of {_cores(self.millicores)}"
        if wanted.mebibytes > self.mebibytes:
            return f"{wanted.mebibytes // 1024} GiB of memory of {self.mebibytes // 1024}"
        return None


@dataclass(frozen=True, kw_only=True)
class PodGroup:
    """The services that share nodes, which are those of one kind and processor, and the pools that have them.

    Attributes:
        kind: The kind of node.
        architecture: Its processor's.
        services: Whose pods are there.
        pools: Where they are.
        nodes: Who adds nodes.
    """

    kind: Kind
    architecture: Architecture
    services: tuple[ServiceOnEks, ...]
    pools: tuple[NodePool, ...]
    nodes: Nodes

    @property
    def given(self) -> Amount:
        """What all nodes of the pools have for pods, when as many are there as the limits allow."""
        return sum((_given(pool, self.nodes) for pool in self.pools), Amount())


def groups(services: Iterable[ServiceOnEks], clusters: Clusters) -> list[PodGroup]:
    """The services by the nodes that they share, and nodes with headroom alone.

    Pods may be on any pool of their kind and architecture.
    """
    by_nodes: dict[tuple[Kind, Architecture], list[ServiceOnEks]] = {}
    if clusters.headroom is not None:
        by_nodes["cpu", clusters.headroom.processor] = []
    for service in services:
        by_nodes.setdefault((service.eks.kind, service.eks.architecture), []).append(service)
    return [
        PodGroup(
            kind=kind,
            architecture=architecture,
            services=tuple(each),
            pools=tuple(p for p in clusters.node_pools if (p.kind, p.architecture) == (kind, architecture)),
            nodes=clusters.nodes,
        )
        for (kind, architecture), each in by_nodes.items()
    ]


def fewest(variant: ResolvedPodVariant) -> int:
    """The pods of a variant that are there when there is no load."""
    return variant.scaling.min


def most(variant: ResolvedPodVariant) -> int:
    """The pods of a variant that are there under the highest load."""
    return variant.scaling.max


def needed(service: ServiceOnEks, pods: Pods) -> Amount:
    """What the pods of a service ask for, all variants together.

    Args:
        service: The service.
        pods: How many of a variant: `fewest` or `most`.
    """
    return _of_a_pod(service).times(sum(pods(variant) for variant in service.pod_variants))


def added_by_a_rollout(service: ServiceOnEks, pods: Pods) -> Amount:
    """What pods of the new version ask for beside the old one's, before any of those ends (`maxSurge`, rounded up).

    Going back is a rollout to the version before, in batches of the same size.
    """
    percent = (service.rollout.percent if service.rollout is not None else None) or _ALL
    added = sum(math.ceil(pods(variant) * percent / _ALL) for variant in service.pod_variants)
    return _of_a_pod(service).times(added)


def largest_rollout(services: Sequence[ServiceOnEks], pods: Pods) -> tuple[str, Amount]:
    """The service whose rollout adds most, by name, and what it adds. Nothing without services."""
    added = [(service.name, added_by_a_rollout(service, pods)) for service in services]
    return max(added, key=lambda each: (each[1].devices, each[1].millicores, each[1].mebibytes), default=("", Amount()))


def most_nodes(pool: NodePool, nodes: Nodes) -> int:
    """How many nodes a pool has at its limits, if each is as large as it may be."""
    vcpus = _vcpus_of_the_largest(pool, nodes)
    return pool.max_cpus // vcpus if vcpus else 0


def _of_a_pod(service: ServiceOnEks) -> Amount:
    pods = service.eks
    return Amount(
        pods=1,
        millicores=pods.cpu_millicores,
        mebibytes=pods.memory_mebibytes,
        devices=pods.gpus or pods.neuron_devices or 0,
    )


def _given(pool: NodePool, nodes: Nodes) -> Amount:
    room = room_on(pool, nodes)
    count = most_nodes(pool, nodes)
    return Amount(
        millicores=count * room.millicores, mebibytes=count * room.mebibytes, devices=pool.max_accelerators or 0
    )


def _vcpus_of_the_largest(pool: NodePool, nodes: Nodes) -> int:
    millicores = room_on(pool, nodes).millicores
    return (millicores + _TAKEN_MILLICORES) // _THOUSAND if millicores else 0


def _cores(millicores: int) -> str:
    return f"{millicores / _THOUSAND:g}"
