"""What a project may say, and what it costs on a bad day: told, and accepted."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from inference_constructs.config import Environment, Project
from inference_constructs.config.backends import backends
from inference_constructs.config.rules.advice import Advice
from inference_constructs.config.rules.variables import advise_on_variables

#: Addresses that carriers share, and VPCs may have (RFC 6598).
_SHARED = IPv4Network("100.64.0.0/10")


def advice(project: Project) -> Iterator[str]:
    """A sentence for each thing that may be meant and is worth to know, once for all regions of an environment."""
    told = (
        f"environments/{environment.name}.yaml: {each}"
        for environment in project.environments
        for each in (*_of_the_network(environment), *_of_services(environment), *_of_backends(environment))
    )
    yield from dict.fromkeys(told)


def _of_services(environment: Environment) -> Iterator[Advice]:
    for service in environment.services:
        yield from advise_on_variables(service)


def _of_backends(environment: Environment) -> Iterator[Advice]:
    for backend in backends():
        yield from backend.advice(environment)


def _of_the_network(environment: Environment) -> Iterator[Advice]:
    """Whether the network has addresses of others, or does without what the loss of a zone needs."""
    network = environment.network
    block = IPv4Network(network.cidr)
    if not block.is_private and not block.subnet_of(_SHARED):
        yield Advice(
            key="network.cidr",
            sentence=f"{network.cidr} are public addresses: from this VPC, whoever has them on the internet cannot be"
            " reached. 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 are private",
        )
    gateways, zones = environment.network.nat_gateways, len(environment.network.availability_zones)
    if environment.purpose == "production" and 0 < gateways < zones:
        yield Advice(
            key="network.nat_gateways",
            sentence=f"{gateways} for {zones} zones: when the zone of a gateway fails, what runs in the others cannot"
            f" reach the internet, and new nodes pull no image from it. {zones} would",
        )
