"""How much a pod may ask for and still find room on a node of a pool."""

import re
from dataclasses import dataclass
from typing import Literal

from inference_constructs.config.eks.cluster import USUAL_DISK, NodePool

Nodes = Literal["auto_mode", "managed_node_groups"]

#: GiB of memory for each vCPU: of a family, or else of all whose names start with these letters (EC2 instance types).
_GIB_PER_VCPU = {
    "c": 2, "m": 4, "r": 8, "t": 4, "x": 15, "z": 8, "i": 7, "d": 7, "h": 4, "g": 4, "gr": 8, "p": 7, "trn": 4,
    "inf1": 2, "inf2": 4, "g3": 7, "g5g": 2, "g6e": 8, "g7e": 8, "d3en": 4, "im4gn": 4, "is4gen": 6, "x2iedn": 32,
    "p4d": 12, "p4de": 12, "p5": 2048 / 192, "p5e": 2048 / 192, "p5en": 2048 / 192, "p6-b200": 2048 / 192,
    "trn2": 2048 / 192,
}  # fmt: skip
#: What is in neither: the least for node groups, which must have the room, and the most for Auto Mode, which may.
_UNKNOWN: dict[Nodes, float] = {"managed_node_groups": 2, "auto_mode": 32}
#: The same of the families that a pool has unless it names some: the least for node groups, whose next node may be of
#: any of them, and the most for Auto Mode, which takes one that fits.
_UNLESS_NAMED: dict[Nodes, dict[str, int]] = {
    "managed_node_groups": {"cpu": 4, "gpu": 4, "inferentia": 4},
    "auto_mode": {"cpu": 4, "gpu": 8, "inferentia": 4},
}
#: vCPUs of a node group's nodes: 2xlarge, or xlarge with one device.
_OF_A_GROUP = {"cpu": 8, "gpu": 4, "inferentia": 4}
#: vCPUs of the sizes from large to 48xlarge, one of which Auto Mode takes.
_SIZES = (2, 4, 8, 16, 32, 48, 64, 96, 128, 192)
#: What the system and the DaemonSets of a node take: a vCPU, 2 GiB and a sixteenth of the memory.
_TAKEN_MILLICORES, _TAKEN_MEBIBYTES, _TAKEN_PART = 1000, 2048, 16
_GIB = 1024
_ALL = 100


@dataclass(frozen=True, kw_only=True)
class Room:
    """What one pod may take of a node.

    Attributes:
        millicores: Thousandths of a core.
        mebibytes: Memory in MiB.
        devices: GPUs or Inferentia devices.
    """

    millicores: int
    mebibytes: int
    devices: int

    def holds(self, other: "Room") -> bool:
        """Whether there is room for a pod that takes so much."""
        return (
            other.millicores <= self.millicores and other.mebibytes <= self.mebibytes and other.devices <= self.devices
        )

    def __str__(self) -> str:
        """The words of an error."""
        devices = f" and {self.devices} device{'' if self.devices == 1 else 's'}" if self.devices else ""
        return f"{self.millicores}m, {self.mebibytes}Mi{devices}"


def room_on(pool: NodePool, nodes: Nodes) -> Room:
    """The room that a pod surely has on a node group's node, or at best on one that Auto Mode may add.

    Args:
        pool: The node pool.
        nodes: Who adds nodes.
    """
    known = [gib_per_vcpu(family) for family in pool.instance_families] or [_UNLESS_NAMED[nodes][pool.kind]]
    per_vcpu = [_UNKNOWN[nodes] if each is None else each for each in known]
    if nodes == "managed_node_groups":
        return _room(_OF_A_GROUP[pool.kind], min(per_vcpu), devices=0 if pool.kind == "cpu" else 1)
    # A pool of spot and on-demand nodes is two with a share of its limits each, and pods may all be in one of them.
    percent = max(pool.spot_percent, _ALL - pool.spot_percent)
    most = pool.max_cpus * percent // _ALL
    bounds = pool.vcpus_of_a_node
    sizes = [size for size in _SIZES if bounds is None or bounds.min <= size <= bounds.max]
    vcpus = max((size for size in sizes if size <= most), default=0)
    return _room(vcpus, max(per_vcpu), devices=_devices(pool, percent))


def disk_for_pods(pool: NodePool) -> int:
    """What a pod may take of the disk of a pool's nodes, in MiB."""
    return (pool.disk or USUAL_DISK).mebibytes_for_pods


def _devices(pool: NodePool, percent: int) -> int:
    return 0 if pool.max_accelerators is None else max(1, pool.max_accelerators * percent // _ALL)


def gib_per_vcpu(family: str) -> float | None:
    """GiB of memory for each vCPU of an EC2 instance family such as `c7i`, None if that is not known here."""
    letters = re.match(r"[a-z]+", family)
    return _GIB_PER_VCPU.get(family, _GIB_PER_VCPU.get(letters[0] if letters else ""))


def _room(vcpus: int, per_vcpu: float, *, devices: int) -> Room:
    mebibytes = int(vcpus * per_vcpu * _GIB)
    return Room(
        millicores=max(0, vcpus * 1000 - _TAKEN_MILLICORES),
        mebibytes=max(0, mebibytes - mebibytes // _TAKEN_PART - _TAKEN_MEBIBYTES),
        devices=devices,
    )
