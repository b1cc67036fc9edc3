"""What a project may say, and what it costs on a bad day: told, and accepted."""

from collections.abc import Iterator

from inference_constructs.config import Project


def advice(project: Project) -> Iterator[str]:
    """A sentence for each environment whose network does without what the loss of a zone needs."""
    for environment in project.environments:
        gateways, zones = environment.network.nat_gateways, len(environment.network.availability_zones)
        if environment.purpose == "production" and 0 < gateways < zones:
            yield (
                f"environments/{environment.name}.yaml: network.nat_gateways: {gateways} for {zones} zones: when the"
                " zone of a gateway fails, what runs in the others cannot reach the internet, and new nodes pull no"
                f" image from it. {zones} would."
            )
