"""Rules for environments with clusters."""

from inference_constructs.config.eks.capacity.families import check_families
from inference_constructs.config.eks.capacity.network import check_addresses, check_rules, check_services_of_a_cluster
from inference_constructs.config.eks.capacity.rules import check_capacity
from inference_constructs.config.eks.cluster import Clusters
from inference_constructs.config.eks.host_names import check_names_on_eks
from inference_constructs.config.eks.images import check_support_images
from inference_constructs.config.eks.pool_rules import check_pools
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.environment import Environment, EnvironmentSettings
from inference_constructs.config.models.network import Network
from inference_constructs.config.models.tags import check_tags

#: What nodes, their add-ons and the deployment's own functions call (EKS User Guide, "Deploy private clusters with
#: limited internet access").
_OF_A_CLUSTER = (
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "lambda",
    "logs",
    "monitoring",
    "sts",
)
#: What the Cluster Autoscaler calls, which runs in the cluster; on Auto Mode it is EKS that does, from outside.
_OF_NODE_GROUPS = ("autoscaling",)
_ZONES_OF_A_CLUSTER = 3
_CERTIFICATE_KEY = "eks.load_balancer.certificate_arn"


def clusters_of(environment: Environment) -> Clusters:
    """The clusters that an environment's services on EKS run on.

    Raises:
        RuleError: It has services on EKS, and no clusters.
    """
    clusters = environment.settings_for(Clusters)
    if clusters is None:
        names = ", ".join(service.name for service in environment.services_of(ServiceOnEks))
        raise RuleError("eks", None, accepted=f"the clusters that {names} can run on: {{load_balancer: {{…}}}}")
    return clusters


def check_clusters(environment: EnvironmentSettings) -> None:
    """Refuse clusters that the environment's network, region, account or tags do not allow.

    Raises:
        RuleError: The first rule that is broken.
    """
    clusters = environment.settings_for(Clusters)
    if clusters is None:
        return
    check_tags(environment.tags, on_nodes=True)
    check_families(clusters)
    check_rules(clusters, environment.limits)
    _check_network(
        environment.network,
        internet_facing=clusters.load_balancer.scheme == "internet_facing",
        node_groups=clusters.nodes == "managed_node_groups",
    )
    check_support_images(environment, clusters)
    certificate = clusters.load_balancer.certificate_arn
    environment.check_regional(_CERTIFICATE_KEY, certificate)
    if clusters.load_balancer.authentication is not None:
        key = "eks.load_balancer.authentication.trust_store_arn"
        environment.check_regional(key, clusters.load_balancer.authentication.trust_store_arn)
    if certificate is not None and certificate.split(":")[4] != environment.account:
        accepted = f"one of {environment.account}: a load balancer takes no certificate of another account"
        raise RuleError(_CERTIFICATE_KEY, certificate, accepted=accepted)


def check_services(environment: Environment) -> None:
    """Refuse services on EKS without clusters, without nodes that hold their pods, or with names that are taken.

    Raises:
        RuleError: The first rule that is broken.
    """
    services = environment.services_of(ServiceOnEks)
    if not services and environment.settings_for(Clusters) is None:
        return
    clusters = clusters_of(environment)
    check_pools(services, clusters)
    check_capacity(services, clusters)
    check_services_of_a_cluster(services, environment.limits)
    check_addresses(services, clusters, environment.network)
    names = [service.name for service in environment.services]
    check_names_on_eks(services, names, clusters, environment.region)


def _check_network(network: Network, *, internet_facing: bool, node_groups: bool) -> None:
    """Refuse a network in which clusters would not come up or lose half of their pods with a zone."""
    if len(network.availability_zones) < _ZONES_OF_A_CLUSTER:
        accepted = "three or more zones with eks: one may fail without taking half of the pods with it"
        raise RuleError("network.availability_zones", list(network.availability_zones), accepted=accepted)
    needed = (*_OF_A_CLUSTER, *_OF_NODE_GROUPS) if node_groups else _OF_A_CLUSTER
    missing = [service for service in needed if service not in network.interface_endpoints]
    if not network.existing and not network.nat_gateways and missing:
        accepted = f"1 or more with eks, or interface_endpoints with {', '.join(missing)} as well"
        raise RuleError("network.nat_gateways", network.nat_gateways, accepted=accepted)
    if internet_facing and not network.has_public_subnets:
        accepted = "true with an internet-facing load balancer"
        raise RuleError("network.public_subnets", network.public_subnets, accepted=accepted)
