"""Whether a network has the addresses, and its security groups the rules, for what services on EKS need."""

import math
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from inference_constructs.config.eks.capacity.amounts import (
    Amount,
    Pods,
    added_by_a_rollout,
    fewest,
    most,
    most_nodes,
    needed,
)
from inference_constructs.config.eks.cluster import Clusters
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.environment import Limits
from inference_constructs.config.models.network import Network
from inference_constructs.config.rules.advice import Advice

_CIDR = "network.cidr"
_KEPT_BY_AWS = 5  # of each subnet (VPC User Guide, "Subnet CIDR blocks")
_MOST_PUBLIC_CIDRS = 40  # of one cluster, and no quota raises it (EKS User Guide, "Service quotas")
#: Rules of a cluster's security group besides one for each service: its own from EKS, and that of the rollout's watch.
_OWN_RULES = 2


def check_rules(clusters: Clusters, limits: Limits) -> None:
    """Refuse more blocks of addresses than a security group, or the API of a cluster, takes.

    Raises:
        RuleError: The first list that is too long.
    """
    settings = clusters.load_balancer
    rules = limits.security_group_rules
    for key, blocks, most_blocks, why in (
        ("eks.load_balancer.allowed_cidrs", settings.allowed_cidrs, rules, "rules of a security group, as in limits"),
        ("eks.public_endpoint_cidrs", clusters.public_endpoint_cidrs, _MOST_PUBLIC_CIDRS, "blocks of a cluster's API"),
    ):
        if len(blocks) > most_blocks:
            accepted = f"up to {most_blocks}, the {why}: fewer and larger blocks"
            raise RuleError(key, f"{len(blocks)} blocks", accepted=accepted)


def check_services_of_a_cluster(services: Sequence[ServiceOnEks], limits: Limits) -> None:
    """Refuse more services than the security group of a cluster lets in: each load balancer has a rule there.

    Raises:
        RuleError: There are more.
    """
    most_services = limits.security_group_rules - _OWN_RULES
    if len(services) > most_services:
        accepted = (
            f"up to {most_services} with the backend eks, each of which has a rule in the cluster's security group:"
            " another environment for the others, or a raised quota in limits.security_group_rules"
        )
        raise RuleError("services", f"{len(services)} services", accepted=accepted)


def check_addresses(services: Sequence[ServiceOnEks], clusters: Clusters, network: Network) -> None:
    """Refuse a network whose subnets have no address for each pod, even at the services' fewest.

    Raises:
        RuleError: They have not.
    """
    wanted, there = _in_a_zone(services, clusters, network, fewest), _addresses(network)
    if there is not None and wanted > there:
        accepted = f"a larger block: at their fewest pods need {wanted} addresses in a zone, and its subnet has {there}"
        raise RuleError(_CIDR, network.cidr, accepted=accepted)


def advise_on_addresses(services: Sequence[ServiceOnEks], clusters: Clusters, network: Network) -> Iterator[Advice]:
    """Subnets that run out of addresses before pods reach their most, a zone is lost, or pools reach their limits."""
    there = _addresses(network)
    if there is None:
        return
    zones = len(network.availability_zones)
    wanted = _in_a_zone(services, clusters, network, most)
    left = _in_a_zone(services, clusters, network, most, zones=zones - 1)
    if left > there:
        when = "at their most" if wanted > there else "at their most, with one zone lost,"
        yield Advice(
            key=_CIDR,
            sentence=f"{when} pods need {max(wanted, left)} addresses in a zone, and its subnet has {there}: pods"
            " without one do not start. A larger block would do",
        )
    nodes = math.ceil(sum(most_nodes(pool, clusters.nodes) for pool in clusters.node_pools) * clusters.cells / zones)
    if nodes > there:
        yield Advice(
            key="eks.node_pools",
            sentence=f"max_cpus allows {nodes} nodes in a zone, and its subnet has {there} addresses: the bill is bound"
            " by addresses and not by the limit",
        )


def _in_a_zone(
    services: Sequence[ServiceOnEks], clusters: Clusters, network: Network, pods: Pods, *, zones: int | None = None
) -> int:
    """The addresses that pods take in one zone in a rollout of all, one for each. Cells share the subnets."""
    each = (needed(service, pods) + added_by_a_rollout(service, pods) for service in services)
    return math.ceil(sum(each, Amount()).pods * clusters.cells / (zones or len(network.availability_zones)))


def _addresses(network: Network) -> int | None:
    """The addresses of one subnet that pods may take; None of a network that is there already."""
    if network.existing is not None:
        return None
    subnet = IPv4Network((IPv4Network(network.cidr).network_address, network.subnet_mask))
    return subnet.num_addresses - _KEPT_BY_AWS
