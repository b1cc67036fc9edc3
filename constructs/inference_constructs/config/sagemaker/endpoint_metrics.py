"""Which metrics an endpoint publishes, and how often."""

from typing import Literal

from pydantic import Field

from inference_constructs.config.models.base import ConfigModel


class EndpointMetrics(ConfigModel):
    """What goes to CloudWatch besides the standard metrics. Each value is in the template: AWS's defaults change."""

    detailed_observability: bool = Field(
        default=False,
        description="whether SageMaker reads the container's Prometheus metrics (/metrics on 8080) and publishes them"
        " with those of each GPU and instance; billed",
    )
    enhanced: bool = Field(
        default=False, description="whether utilisation and invocations are published per instance too; billed"
    )
    publish_every_s: Literal[10, 30, 60] = Field(
        default=60,
        description="seconds between two values of a metric: 10, 30 or 60; alarms and scaling look at each minute",
    )
