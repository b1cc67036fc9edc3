"""What a change of an endpoint asks for."""

import dataclasses
from typing import Any

from slipway.emulator.sagemaker.records import VariantState


@dataclasses.dataclass(frozen=True)
class EndpointChange:
    """What an `UpdateEndpoint` call asks for, besides the name.

    Attributes:
        config_name: The endpoint configuration to move to.
        retain: Keep the live counts and weights instead of the configuration's initial ones.
        exclude: With `retain`, the kinds that are not kept: `DesiredInstanceCount`, `DesiredWeight`.
        deployment: The deployment configuration: how the traffic moves, and which alarms move it back.
    """

    config_name: str
    retain: bool = False
    exclude: frozenset[str] = frozenset()
    deployment: dict[str, Any] | None = None

    def keep(self, live: VariantState | None, new: VariantState) -> VariantState:
        """A variant of the new configuration, with what it keeps of the one that is live."""
        if live is None or not self.retain:
            return new
        instances = new.instances if "DesiredInstanceCount" in self.exclude else live.instances
        weight = new.weight if "DesiredWeight" in self.exclude else live.weight
        return dataclasses.replace(new, instances=instances, weight=weight)
