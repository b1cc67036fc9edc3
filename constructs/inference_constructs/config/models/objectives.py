"""What a service promises its callers."""

from typing import Annotated

from pydantic import Field

from inference_constructs.config.models.base import ConfigModel


class Objectives(ConfigModel):
    """The latency and the availability that a service promises; its alarms derive from them. No objective, no alarm."""

    latency_p99_ms: Annotated[int, Field(gt=0, le=60_000)] | None = Field(
        default=None,
        description="milliseconds within which the model answers 99 of 100 requests; 60000 is SageMaker's own limit",
    )
    availability: Annotated[float, Field(ge=90, le=99.999)] | None = Field(
        default=None, description="percentage of requests that get no 5xx answer, from 90 to 99.999, such as 99.9"
    )
