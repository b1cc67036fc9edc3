"""What SageMaker's hosting instance types are made of.

Names: the `ProductionVariantInstanceType` enumeration of the SageMaker API (botocore 1.43.106); a test compares them.
vCPUs, local NVMe storage, processor architecture and accelerators: the EC2 instance type pages, read 2026-11.
"""

import re
from dataclasses import dataclass
from typing import Literal

Architecture = Literal["x86_64", "arm64"]
Accelerator = Literal["gpu", "neuron", "gaudi"]


@dataclass(frozen=True, kw_only=True)
class InstanceFamily:
    """What all sizes of a family share.

    Attributes:
        sizes: The sizes that SageMaker hosts models on, smallest first.
        local_nvme: The instances carry NVMe storage that the hardware encrypts; an endpoint configuration
            for them that names a KMS key is refused (CreateEndpointConfig, `KmsKeyId`).
        burstable: Runs on CPU credits. Such instances cannot be scaled automatically.
        architecture: The processor an image has to be built for.
        accelerator: What computes besides the CPU, if anything does.
    """

    sizes: tuple[str, ...]
    local_nvme: bool = False
    burstable: bool = False
    architecture: Architecture = "x86_64"
    accelerator: Accelerator | None = None


@dataclass(frozen=True, kw_only=True)
class InstanceType:
    """One instance type, such as `ml.c7i.large`.

    Attributes:
        name: Its name.
        family: What it shares with the other sizes.
        vcpus: How many vCPUs it has.
        gpus: How many GPUs it has, 0 without any.
    """

    name: str
    family: InstanceFamily
    vcpus: int
    gpus: int


def _sizes(names: str) -> tuple[str, ...]:
    return tuple("xlarge" if name == "x" else f"{name}xlarge" if name.isdigit() else name for name in names.split())


_INTEL_6 = _sizes("large x 2 4 8 12 16 24 32")
_INTEL_7 = _sizes("large x 2 4 8 12 16 24 48")
_GRAVITON_6 = _sizes("large x 2 4 8 12 16")
_GRAVITON_8 = _sizes("medium large x 2 4 8 12 16 24 48")
_FIFTH = _sizes("large x 2 4 12 24")
_C5 = _sizes("large x 2 4 9 18")


def _graviton(sizes: tuple[str, ...], *, local_nvme: bool = False) -> InstanceFamily:
    return InstanceFamily(sizes=sizes, local_nvme=local_nvme, architecture="arm64")


def _gpu(sizes: str, *, local_nvme: bool = True, architecture: Architecture = "x86_64") -> InstanceFamily:
    return InstanceFamily(sizes=_sizes(sizes), local_nvme=local_nvme, architecture=architecture, accelerator="gpu")


def _neuron(sizes: str, *, local_nvme: bool) -> InstanceFamily:
    return InstanceFamily(sizes=_sizes(sizes), local_nvme=local_nvme, accelerator="neuron")


FAMILIES: dict[str, InstanceFamily] = {
    "t2": InstanceFamily(sizes=_sizes("medium large x 2"), burstable=True),
    # General purpose
    "m4": InstanceFamily(sizes=_sizes("x 2 4 10 16")),
    "m5": InstanceFamily(sizes=_FIFTH),
    "m5d": InstanceFamily(sizes=_FIFTH, local_nvme=True),
    "m6g": _graviton(_GRAVITON_6),
    "m6gd": _graviton(_GRAVITON_6, local_nvme=True),
    "m6i": InstanceFamily(sizes=_INTEL_6),
    "m7i": InstanceFamily(sizes=_INTEL_7),
    "m8g": _graviton(_GRAVITON_8),
    # Compute optimised
    "c4": InstanceFamily(sizes=_sizes("large x 2 4 8")),
    "c5": InstanceFamily(sizes=_C5),
    "c5d": InstanceFamily(sizes=_C5, local_nvme=True),
    "c6g": _graviton(_GRAVITON_6),
    "c6gd": _graviton(_GRAVITON_6, local_nvme=True),
    "c6gn": _graviton(_GRAVITON_6),
    "c6i": InstanceFamily(sizes=_INTEL_6),
    "c6in": InstanceFamily(sizes=_INTEL_6),
    "c7g": _graviton(_GRAVITON_6),
    "c7i": InstanceFamily(sizes=_INTEL_7),
    "c8g": _graviton(_GRAVITON_8),
    # Memory optimised
    "r5": InstanceFamily(sizes=_FIFTH),
    "r5d": InstanceFamily(sizes=_FIFTH, local_nvme=True),
    "r6g": _graviton(_GRAVITON_6),
    "r6gd": _graviton(_GRAVITON_6, local_nvme=True),
    "r6i": InstanceFamily(sizes=_INTEL_6),
    "r7gd": _graviton(_sizes("medium large x 2 4 8 12 16"), local_nvme=True),
    "r7i": InstanceFamily(sizes=_INTEL_7),
    "r8g": _graviton(_GRAVITON_8),
    # GPU
    "g4dn": _gpu("x 2 4 8 12 16"),
    "g5": _gpu("x 2 4 8 12 16 24 48"),
    "g6": _gpu("x 2 4 8 12 16 24 48"),
    "g6e": _gpu("x 2 4 8 12 16 24 48"),
    "g7": _gpu("2 4 8 12 24 48"),
    "g7e": _gpu("2 4 8 12 24 48"),
    "p2": _gpu("x 8 16", local_nvme=False),
    "p3": _gpu("2 8 16", local_nvme=False),
    "p4d": _gpu("24"),
    "p4de": _gpu("24"),
    "p5": _gpu("4 48"),
    "p5e": _gpu("48"),
    "p5en": _gpu("48"),
    "p6-b200": _gpu("48"),
    "p6-b300": _gpu("48"),
    "p6e-gb200": _gpu("36", architecture="arm64"),
    # Other accelerators
    "inf1": _neuron("x 2 6 24", local_nvme=False),
    "inf2": _neuron("x 8 24 48", local_nvme=False),
    "trn1": _neuron("2 32", local_nvme=True),
    "trn1n": _neuron("32", local_nvme=True),
    "trn2": _neuron("48", local_nvme=True),
    "dl1": InstanceFamily(sizes=_sizes("24"), local_nvme=True, accelerator="gaudi"),
}

#: An `Nxlarge` has 4 N vCPUs, but these do not follow the rule.
_OTHER_VCPUS = {"ml.c4.8xlarge": 36, "ml.t2.medium": 2}
#: GPUs of the G families by size; the smaller sizes and 16xlarge have one.
_GPUS_BY_SIZE = {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8}
#: GPUs of what does not follow the G families' rule.
_GPUS = {
    ("g7", "12xlarge"): 2,
    ("g7e", "12xlarge"): 2,
    ("p2", "8xlarge"): 8,
    ("p2", "16xlarge"): 16,
    ("p3", "8xlarge"): 4,
    ("p3", "16xlarge"): 8,
    ("p4d", "24xlarge"): 8,
    ("p4de", "24xlarge"): 8,
    ("p6e-gb200", "36xlarge"): 4,
}
_SMALL_VCPUS = {"medium": 1, "large": 2, "xlarge": 4}


def instance_type_names() -> tuple[str, ...]:
    """Every name that SageMaker accepts for a hosting instance."""
    return tuple(f"ml.{family}.{size}" for family, details in FAMILIES.items() for size in details.sizes)


def find_instance_type(name: str) -> InstanceType | None:
    """Look an instance type up by its name, None if SageMaker hosts no models on it."""
    match = re.fullmatch(r"ml\.([a-z0-9-]+)\.([a-z0-9]+)", name)
    if match is None:
        return None
    family, size = match.groups()
    details = FAMILIES.get(family)
    if details is None or size not in details.sizes:
        return None
    return InstanceType(name=name, family=details, vcpus=_vcpus(name, size), gpus=_gpus(family, size))


def _vcpus(name: str, size: str) -> int:
    if name in _OTHER_VCPUS:
        return _OTHER_VCPUS[name]
    return _SMALL_VCPUS.get(size) or 4 * int(size.removesuffix("xlarge"))


def _gpus(family: str, size: str) -> int:
    if FAMILIES[family].accelerator != "gpu":
        return 0
    return _GPUS.get((family, size)) or _GPUS_BY_SIZE.get(size, 1)
