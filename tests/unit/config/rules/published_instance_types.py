"""EC2's instance types as AWS publishes them, to compare the library's table with and to write it anew.

`python -m tests.unit.config.rules.published_instance_types` writes it, after an update of moto or botocore.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import botocore.loaders
import moto

from inference_constructs.config.models.aws import ec2_instances

#: What DescribeInstanceTypes answered, as moto keeps it.
_DESCRIBED = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"


def names() -> set[str]:
    """Every name that the API's model has."""
    model = botocore.loaders.Loader().load_service_model("ec2", "service-2")
    return set(model["shapes"]["InstanceType"]["enum"])


def table() -> dict[str, Any]:
    """Families by name. A family that is in the model alone has names of sizes and no more."""
    described: dict[str, Any] = json.loads(gzip.decompress(_DESCRIBED.read_bytes()))
    families: dict[str, Any] = {}
    for name in sorted(names() | described.keys()):
        family, size = name.split(".")
        if size.startswith("metal"):  # nodes are virtual machines
            continue
        there = families.setdefault(family, {"sizes": {}})
        details = described.get(name)
        there["sizes"][size] = None
        if details is not None:
            there["architecture"] = _architecture(details)
            there["device"], count = _devices(details)
            there["sizes"][size] = [details["VCpuInfo"]["DefaultVCpus"], details["MemoryInfo"]["SizeInMiB"], count]
    return families


def _architecture(details: dict[str, Any]) -> str:
    supported = details["ProcessorInfo"]["SupportedArchitectures"]
    return "arm64" if "arm64" in supported else "x86_64"


def _devices(details: dict[str, Any]) -> tuple[str | None, int]:
    gpus = details.get("GpuInfo", {}).get("Gpus", [])
    neuron = details.get("NeuronInfo", {}).get("NeuronDevices", [])
    if gpus and gpus[0]["Manufacturer"] == "NVIDIA":
        return "gpu", sum(gpu["Count"] for gpu in gpus)
    if neuron:
        return "inferentia", sum(device["Count"] for device in neuron)
    others = ("GpuInfo", "InferenceAcceleratorInfo", "FpgaInfo", "MediaAcceleratorInfo")
    return ("other" if any(key in details for key in others) else None), 0


def text() -> str:
    """The table as it is written, a family a line."""
    lines = (f"  {json.dumps(name)}: {json.dumps(family, sort_keys=True)}" for name, family in sorted(table().items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    ec2_instances.TABLE.write_text(text(), encoding="utf-8")
