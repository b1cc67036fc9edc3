"""Whether an environment's clusters have nodes for what its services ask for."""

from collections.abc import Iterable

from inference_constructs.spec.base import RuleError
from inference_constructs.spec.cluster import Clusters
from inference_constructs.spec.pods import Pods
from inference_constructs.spec.service import Service

#: What a node of a managed node group has for one pod, in thousandths of a core and MiB: 2xlarge of a general-purpose
#: family for cpu, xlarge with one device else, less what the system and the DaemonSets take.
_LARGEST_POD = {"cpu": (7000, 28 * 1024), "gpu": (3000, 13 * 1024), "inferentia": (3000, 13 * 1024)}


def check_pools(services: Iterable[Service], clusters: Clusters | None) -> None:
    """Refuse a service whose pods no node pool takes: they would be pending for ever, and nothing would fail.

    Args:
        services: What runs in the environment.
        clusters: What it runs on, None without the backend eks.

    Raises:
        RuleError: The first service without a node pool.
    """
    if clusters is None:
        return
    there = {(pool.kind, pool.architecture) for pool in clusters.node_pools}
    for service in services:
        pods = service.eks
        if service.backend == "eks" and pods is not None and (pods.kind, pods.architecture) not in there:
            names = [pool.name for pool in clusters.node_pools]
            accepted = f"a pool of kind {pods.kind} and architecture {pods.architecture} as well, for {service.name}"
            raise RuleError("eks.node_pools", names, accepted=accepted)
        if service.backend == "eks" and pods is not None and clusters.nodes == "managed_node_groups":
            _check_size(service.name, pods)


def _check_size(service: str, pods: Pods) -> None:
    """A node group has nodes of one size; Auto Mode chooses one that fits."""
    devices = pods.gpus or pods.neuron_devices or 0
    most_cpu, most_mib = _LARGEST_POD[pods.kind]
    if devices > 1 or pods.cpu_millicores > most_cpu or pods.memory_mebibytes > most_mib:
        accepted = (
            f"auto_mode, or for {service} pods of up to {most_cpu}m, {most_mib}Mi and one device: node groups"
            " have nodes of one size"
        )
        raise RuleError("eks.nodes", "managed_node_groups", accepted=accepted)
