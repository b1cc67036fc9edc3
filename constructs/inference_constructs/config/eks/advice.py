"""What clusters may be told, and what it costs on a bad day."""

from collections.abc import Iterator

from inference_constructs.config.eks.capacity.network import advise_on_addresses
from inference_constructs.config.eks.capacity.rules import advise_on_capacity
from inference_constructs.config.eks.cluster import Clusters
from inference_constructs.config.eks.images import advise_on_images
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.models.environment import Environment
from inference_constructs.config.rules.advice import Advice

_ALL = 100
#: A spot instance has two minutes from its notice (EC2 User Guide, "Spot Instance interruption notices"), of which a
#: pod waits half a minute for the load balancer before it ends.
_NOTICE_S, _BEFORE_A_POD_ENDS_S = 120, 30


def advise(environment: Environment, clusters: Clusters) -> Iterator[Advice]:
    """Everything to report about an environment's clusters.

    Args:
        environment: The environment in one of its regions.
        clusters: Its clusters.
    """
    services = environment.services_of(ServiceOnEks)
    yield from advise_on_capacity(services, clusters)
    yield from advise_on_addresses(services, clusters, environment.network)
    yield from advise_on_images(environment, clusters)
    yield from _on_spot(services, clusters)
    yield from _on_callers(clusters)
    yield from _on_cells(clusters)


def _on_spot(services: tuple[ServiceOnEks, ...], clusters: Clusters) -> Iterator[Advice]:
    """Pods are on whichever pool of their kind costs least, and what scales services by its metrics is as well."""
    spot = [pool for pool in clusters.node_pools if pool.spot_percent == _ALL]
    for pool in spot:
        same = [
            each for each in clusters.node_pools if (each.kind, each.architecture) == (pool.kind, pool.architecture)
        ]
        if len(same) > 1 and any(each.spot_percent < _ALL for each in same):
            yield Advice(
                key="eks.node_pools",
                sentence=f"the pool {pool.name} is all spot, costs least and takes all pods of kind {pool.kind}, not a"
                " share. spot_percent of one pool from 20 to 80 divides them",
            )
    for service in services:
        pods = service.eks
        shared = [
            pool.name
            for pool in clusters.node_pools
            if pool.spot_percent and (pool.kind, pool.architecture) == (pods.kind, pods.architecture)
        ]
        if shared and pods.longest_request_s > _NOTICE_S - _BEFORE_A_POD_ENDS_S:
            yield Advice(
                key=f"services.{service.name}.eks.longest_request_s",
                sentence=f"{pods.longest_request_s} on spot capacity (pool {', '.join(shared)}): an instance is taken"
                f" {_NOTICE_S} seconds after its notice, and requests of more than"
                f" {_NOTICE_S - _BEFORE_A_POD_ENDS_S} seconds with it",
            )


def _on_callers(clusters: Clusters) -> Iterator[Advice]:
    settings = clusters.load_balancer
    known = settings.authentication is not None and not settings.authentication.anonymous
    if settings.scheme == "internet_facing" and "0.0.0.0/0" in settings.allowed_cidrs and not known:
        yield Advice(
            key="eks.load_balancer.allowed_cidrs",
            sentence="0.0.0.0/0 with anonymous callers: anybody on the internet may call every model",
        )


def _on_cells(clusters: Clusters) -> Iterator[Advice]:
    if clusters.cells > 1 and clusters.load_balancer.hosted_zone_id is None:
        yield Advice(
            key="eks.cells",
            sentence=f"{clusters.cells} without eks.load_balancer.hosted_zone_id: no record is made, so that a cell"
            " gets traffic only once DNS of your own names its load balancers",
        )
