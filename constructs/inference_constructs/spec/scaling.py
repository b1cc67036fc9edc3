"""How many instances a service runs on, and what makes it more or fewer."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from inference_constructs.spec.base import RuleError, SpecModel


class ScalingMetric(StrEnum):
    """What the number of instances follows."""

    CONCURRENT_REQUESTS = "concurrent_requests"
    """Requests in flight per instance, measured every 10 s. Follows load that is uneven in length."""

    INVOCATIONS_PER_INSTANCE = "invocations_per_instance"
    """Requests per instance and minute, measured every minute."""


class Scaling(SpecModel):
    """Bounds for the number of instances and the value that target tracking holds.

    `min` equal to `max` is a fixed number of instances without automatic scaling.
    """

    min: Annotated[int, Field(ge=1, le=1000)] = Field(default=2, description="fewest instances, from 1")
    max: Annotated[int, Field(ge=1, le=1000)] = Field(default=2, description="most instances, from min")
    metric: Annotated[ScalingMetric, Field(strict=False)] = Field(
        default=ScalingMetric.CONCURRENT_REQUESTS,
        description="what to follow: concurrent_requests or invocations_per_instance",
    )
    target: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="value of the metric per instance to hold; for invocations_per_instance it is per minute:"
        " most requests per second of one instance x safety factor (start with 0.5) x 60",
    )
    scale_out_cooldown_s: Annotated[int, Field(ge=0, le=3600)] = Field(
        default=30, description="seconds after adding instances before more are added"
    )
    scale_in_cooldown_s: Annotated[int, Field(ge=0, le=3600)] = Field(
        default=600, description="seconds after removing instances before more are removed"
    )

    @property
    def automatic(self) -> bool:
        """Whether the number of instances may change."""
        return self.min < self.max

    @model_validator(mode="after")
    def _bounds_and_target_fit(self) -> Self:
        if self.min > self.max:
            raise RuleError("min", self.min, accepted=f"a whole number from 1 to max, which is {self.max}")
        if self.automatic and self.target is None:
            metric = self.metric.value
            raise RuleError("target", None, accepted=f"a number above 0, the {metric} per instance to hold")
        return self
