"""Which variants of an endpoint are registered with Application Auto Scaling, and within which bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from slipway.operations.aws.clients import Aws

_IDS_PER_CALL: Final = 50  # DescribeScalableTargets


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Between how many instances a variant is scaled."""

    lowest: int
    highest: int

    def __str__(self) -> str:
        return f"{self.lowest} to {self.highest}"


def scaled_variants(aws: Aws, endpoint_name: str, variants: Sequence[str]) -> Mapping[str, Bounds]:
    """The bounds of those of an endpoint's variants that are registered, by name."""
    prefix = f"endpoint/{endpoint_name}/variant/"
    found: dict[str, Bounds] = {}
    for first in range(0, len(variants), _IDS_PER_CALL):
        targets = aws.autoscaling.describe_scalable_targets(
            ServiceNamespace="sagemaker",
            ResourceIds=[f"{prefix}{name}" for name in variants[first : first + _IDS_PER_CALL]],
            ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        )
        found |= {
            target["ResourceId"].removeprefix(prefix): Bounds(
                lowest=target["MinCapacity"], highest=target["MaxCapacity"]
            )
            for target in targets["ScalableTargets"]
        }
    return found
