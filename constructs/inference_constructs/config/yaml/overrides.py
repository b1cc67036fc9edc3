"""Applies an environment's overrides to a service's own settings."""

from collections.abc import Mapping
from typing import Any

from inference_constructs.config.models.service import Service


def overridden(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two mappings key by key, at every depth.

    A key set to null goes back to its default. `model` and `image` are replaced whole, because their own keys exclude
    each other: an environment that sets `image: {uri: …}` does not build one.

    Args:
        base: The content of a `service.yaml`.
        overrides: The keys under the service's name in an environment.
    """
    merged = dict(base)
    for key, value in overrides.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping) and key not in Service.REPLACED_WHOLE:
            merged[key] = overridden(merged[key], value)
        else:
            merged[key] = value
    return merged
