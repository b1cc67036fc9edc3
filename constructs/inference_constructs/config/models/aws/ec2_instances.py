"""What EC2's instance types are made of, by family: `ec2_instances.json`, which a test compares with AWS's own data."""

import difflib
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

#: gpu: NVIDIA's. inferentia: Inferentia and Trainium, which are Neuron devices. other: what no node pool is for.
Device = Literal["gpu", "inferentia", "other"]

TABLE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, kw_only=True)
class InstanceSize:
    """One size of a family.

    Attributes:
        vcpus: Its vCPUs.
        mebibytes: Its memory in MiB.
        devices: Its GPUs or Neuron devices.
    """

    vcpus: int
    mebibytes: int
    devices: int


@dataclass(frozen=True, kw_only=True)
class Ec2Family:
    """A family of instance types, such as `c7i`.

    Attributes:
        architecture: Its processor's; None for a family of which only names are known.
        device: What computes besides the processor, if anything does.
        sizes: Its sizes by name but for bare metal; None for one of which only the name is known.
    """

    architecture: Literal["x86_64", "arm64"] | None
    device: Device | None
    sizes: Mapping[str, InstanceSize | None]


@functools.cache
def _table() -> dict[str, Any]:
    return dict(json.loads(TABLE.read_text(encoding="utf-8")))


@functools.cache
def ec2_family(name: str) -> Ec2Family | None:
    """Look a family up by its name, None if EC2 has none of that name."""
    written = _table().get(name)
    if written is None:
        return None
    sizes = {
        size: None if known is None else InstanceSize(vcpus=known[0], mebibytes=known[1], devices=known[2])
        for size, known in written["sizes"].items()
    }
    return Ec2Family(architecture=written.get("architecture"), device=written.get("device"), sizes=sizes)


def similar_families(name: str) -> list[str]:
    """Families that may have been meant."""
    return difflib.get_close_matches(name, _table(), n=3)
