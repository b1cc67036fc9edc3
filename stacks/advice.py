"""What a project may say, and what it costs on a bad day: told, and accepted."""

from collections.abc import Iterator

from inference_constructs.config import Clusters, Project


def advice(project: Project) -> Iterator[str]:
    """Sentences on networks without what the loss of a zone needs, and on cells that no caller is led to."""
    for environment in project.environments:
        gateways, zones = environment.network.nat_gateways, len(environment.network.availability_zones)
        if environment.purpose == "production" and 0 < gateways < zones:
            yield (
                f"environments/{environment.name}.yaml: network.nat_gateways: {gateways} for {zones} zones: when the"
                " zone of a gateway fails, what runs in the others cannot reach the internet, and new nodes pull no"
                f" image from it. {zones} would."
            )
        clusters = environment.settings_for(Clusters)
        if clusters is not None and clusters.cells > 1 and clusters.load_balancer.hosted_zone_id is None:
            yield (
                f"environments/{environment.name}.yaml: eks.cells: {clusters.cells} without"
                " eks.load_balancer.hosted_zone_id: nothing leads callers to the load balancers of the cells but DNS"
                " records of your own."
            )
