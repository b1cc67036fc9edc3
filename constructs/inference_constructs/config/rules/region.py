"""What may not be the same in two regions of an environment."""

from collections.abc import Iterator

from inference_constructs.config.errors import Finding, shown
from inference_constructs.config.models.environment import Environment


def check_existing_networks(first: Environment, there: Environment) -> Iterator[Finding]:
    """Find whether one region of an environment has its VPC, or subnets, from another; the first such key.

    Args:
        first: The environment in one of its regions.
        there: The environment in another one.
    """
    known, named = first.network.existing, there.network.existing
    if known is None or named is None:
        return
    ids = {known.vpc_id, *known.isolated_subnets, *known.private_subnets, *known.public_subnets}
    accepted = f"ids of {there.region}, or `existing: null` for a VPC of its own: these are {first.region}'s"
    for key in ("vpc_id", "isolated_subnets", "private_subnets", "public_subnets"):
        value = getattr(named, key)
        same = [each for each in ([value] if isinstance(value, str) else value) if each in ids]
        if same:
            path = ("regions", there.region, "network", "existing", key)
            yield Finding(path=path, found=shown(", ".join(same)), accepted=accepted)
            return
