"""Whether the instance families that a node pool names are there, and are what the pool is for."""

from inference_constructs.config.eks.cluster import Clusters, NodePool
from inference_constructs.config.models.aws.ec2_instances import Ec2Family, ec2_family, similar_families
from inference_constructs.config.models.base import RuleError

_KEY = "eks.node_pools"
#: The one size of a node group's nodes (its families are alike in it), and how many devices such a node has.
SIZE_OF_A_GROUP = {"cpu": "2xlarge", "gpu": "xlarge", "inferentia": "xlarge"}
_DEVICES = {"cpu": None, "gpu": "gpu", "inferentia": "inferentia"}
_WORDS = {"cpu": "without accelerators", "gpu": "with NVIDIA GPUs", "inferentia": "with Neuron devices"}
_ALL = 100


def check_families(clusters: Clusters) -> None:
    """Refuse families that EC2 has not, of another processor, with other devices, or in no size that a pool may add.

    With them, nodes never come and pods are pending, or CreateNodegroup fails after the cluster was created.

    Raises:
        RuleError: The first such family.
    """
    for pool in clusters.node_pools:
        for name in pool.instance_families:
            family = ec2_family(name)
            if family is None:
                close = ", ".join(similar_families(name))
                hint = f" (did you mean {close}?)" if close else ""
                raise RuleError(
                    _KEY, name, accepted=f"families that EC2 has in the pool {pool.name}, such as c7i{hint}"
                )
            _check_kind(name, family, pool)
            if clusters.nodes == "managed_node_groups":
                _check_size_of_a_group(name, family, pool)
        if clusters.nodes == "auto_mode" and pool.instance_families:
            _check_a_size_fits(pool)


def _check_kind(name: str, family: Ec2Family, pool: NodePool) -> None:
    if family.architecture is None:
        accepted = "families of current generations: of this one only the name is known, and not what its nodes have"
        raise RuleError(_KEY, name, accepted=accepted)
    if family.architecture != pool.architecture:
        accepted = (
            f"families of {pool.architecture} in the pool {pool.name}: {name} is {family.architecture},"
            f" for a pool with architecture: {family.architecture}"
        )
        raise RuleError(_KEY, name, accepted=accepted)
    has_whole_devices = any(size is not None and size.devices for size in family.sizes.values())
    if family.device != _DEVICES[pool.kind] or (pool.kind != "cpu" and not has_whole_devices):
        raise RuleError(
            _KEY, name, accepted=f"families {_WORDS[pool.kind]} in the pool {pool.name}, of kind {pool.kind}"
        )


def _check_size_of_a_group(name: str, family: Ec2Family, pool: NodePool) -> None:
    size = SIZE_OF_A_GROUP[pool.kind]
    if size not in family.sizes:
        accepted = (
            f"families with the size {size}, which nodes of a group have, or auto_mode: there is no {name}.{size},"
            f" only {', '.join(family.sizes)}"
        )
        raise RuleError(_KEY, name, accepted=accepted)


def _check_a_size_fits(pool: NodePool) -> None:
    """Karpenter counts what a node has before it adds it. A pool of spot and on-demand nodes divides its limits."""
    percent = max(pool.spot_percent, _ALL - pool.spot_percent)
    most, bounds = pool.max_cpus * percent // _ALL, pool.vcpus_of_a_node
    devices = pool.max_accelerators * percent // _ALL if pool.max_accelerators is not None else None
    names = [f"{name}.{size}" for name in pool.instance_families for size in _sizes(name)]
    for name in pool.instance_families:
        family = ec2_family(name)
        for size in family.sizes.values() if family is not None else ():
            if size is None or size.vcpus > most or (bounds and not bounds.min <= size.vcpus <= bounds.max):
                continue
            if devices is None or size.devices <= max(1, devices):
                return
    limits = [f"max_cpus {most}"] + ([f"max_accelerators {devices}"] if devices is not None else [])
    limits += [f"instance_vcpus {bounds.min} to {bounds.max}"] if bounds else []
    accepted = f"families with a size within {', '.join(limits)} of the pool {pool.name}; there are {', '.join(names)}"
    raise RuleError(_KEY, list(pool.instance_families), accepted=accepted)


def _sizes(name: str) -> list[str]:
    family = ec2_family(name)
    return list(family.sizes) if family is not None else []
