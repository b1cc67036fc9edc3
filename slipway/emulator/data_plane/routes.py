"""Who answers the next request: variants by weight, or the one the caller names; in a rollout, fleets by share."""

import dataclasses
import random
from collections.abc import Sequence

from slipway.emulator.data_plane.model_server import ModelServer


class NoSuchVariantError(LookupError):
    """The caller named a variant that the endpoint does not have."""


class NoTrafficError(LookupError):
    """Every variant has a weight of zero."""


@dataclasses.dataclass(frozen=True)
class Route:
    """A share of an endpoint's traffic.

    Attributes:
        variant: The variant's name.
        weight: Its share, relative to the sum of all weights; zero gets nothing unless it is named.
        config_name: The endpoint configuration it belongs to, a dimension of its metrics.
        server: Who answers.
        share: What part of the variant's requests go here; below 1 while a rollout moves them to another fleet.
    """

    variant: str
    weight: float
    config_name: str
    server: ModelServer
    share: float = 1.0


def choose(routes: Sequence[Route], target: str | None, chance: random.Random) -> Route:
    """The route of one request.

    Args:
        routes: Those of the endpoint.
        target: The variant that the caller named, if any.
        chance: Where the choice by weight comes from.

    Raises:
        NoSuchVariantError: No route has the variant that the caller named.
        NoTrafficError: No variant has a weight, and none was named.
    """
    candidates = [route for route in routes if target is None or route.variant == target]
    if not candidates:
        raise NoSuchVariantError(target)
    if target is None:
        weights = [route.weight * route.share for route in candidates]
        if not any(weights):
            raise NoTrafficError
    else:
        weights = [route.share for route in candidates]
    return chance.choices(candidates, weights)[0]
