"""Names that the services of an environment get on EKS, and which of them would be another's."""

from collections.abc import Collection, Sequence

from inference_constructs.config.eks.cluster import Clusters
from inference_constructs.config.eks.service import ServiceOnEks
from inference_constructs.config.models.base import RuleError
from inference_constructs.config.models.names import cell_suffix, regional_label

_LONGEST_COMMON_NAME = 64  # of a certificate (ACM API, RequestCertificate, `DomainName`)


def check_names_on_eks(
    services: Sequence[ServiceOnEks], names: Collection[str], clusters: Clusters, region: str
) -> None:
    """Refuse names that AWS would refuse in the middle of a deployment, and those that two services would share.

    Args:
        services: Those on EKS.
        names: The names of all services of the environment.
        clusters: What they run on.
        region: Where.

    Raises:
        RuleError: The first such name.
    """
    taken = set(names)
    settings = clusters.load_balancer
    for service in services:
        room = _LONGEST_COMMON_NAME - len(f"{service.name}.")
        if settings.certificate_arn is None and len(settings.domain_name) > room:
            accepted = (
                f"up to {room} characters after {service.name}, or certificate_arn:"
                f" ACM makes certificates for names of up to {_LONGEST_COMMON_NAME}"
            )
            raise RuleError("eks.load_balancer.domain_name", settings.domain_name, accepted=accepted)
        others = {service.name + cell_suffix(cell): f"cell {cell}" for cell in range(2, clusters.cells + 1)}
        if settings.hosted_zone_id is not None:
            others[regional_label(service.name, region)] = f"the region {region}"
        for name in sorted(taken & others.keys()):
            accepted = f"another name: this is what {service.name} is called in {others[name]}"
            raise RuleError(f"services.{name}", "a service", accepted=accepted)
