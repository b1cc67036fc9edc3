"""Keeping what was asked and answered."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from inference_constructs.config.models.base import ConfigModel, RuleError


class DataCapture(ConfigModel):
    """Write a share of the requests and answers to an encrypted bucket, for a limited time."""

    sampling_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="share of the requests to keep, 1 to 100"
    )
    retention_days: Annotated[int, Field(ge=1, le=3650)] = Field(default=30, description="days after which they go")
    requests: bool = Field(default=True, description="whether to keep what was asked")
    answers: bool = Field(default=True, description="whether to keep what was answered")

    @model_validator(mode="after")
    def _something_is_kept(self) -> Self:
        if not (self.requests or self.answers):
            raise RuleError("requests", self.requests, accepted="true for requests or answers, or no data_capture")
        return self
