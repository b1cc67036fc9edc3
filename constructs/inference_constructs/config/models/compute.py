"""What a variant runs on: instances, or serverless."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.instance_types import FAMILIES, InstanceType, find_instance_type

MemoryMb = Literal[1024, 2048, 3072, 4096, 5120, 6144]


class Serverless(ConfigModel):
    """Capacity by the request, for small environments: no instances, and a cold start after a pause."""

    memory_mb: MemoryMb = Field(default=2048, description="memory: 1024, 2048, 3072, 4096, 5120 or 6144")
    max_concurrency: Annotated[int, Field(ge=1, le=200)] = Field(
        default=5, description="most requests at once, 1 to 200; more are refused"
    )
    provisioned_concurrency: Annotated[int, Field(ge=1, le=200)] | None = Field(
        default=None,
        description="requests at once that never wait for a cold start, up to max_concurrency; billed always",
    )

    @model_validator(mode="after")
    def _provisioned_within_most(self) -> Self:
        provisioned = self.provisioned_concurrency
        if provisioned is not None and provisioned > self.max_concurrency:
            accepted = f"up to max_concurrency, which is {self.max_concurrency}"
            raise RuleError("provisioned_concurrency", provisioned, accepted=accepted)
        return self


class Compute(ConfigModel):
    """Instances of a type, or serverless. One of them."""

    instance_type: str | None = Field(
        default=None, description="a SageMaker hosting instance type, such as ml.c7i.large"
    )
    serverless: Serverless | None = Field(
        default=None, description="capacity by the request: {memory_mb: 2048, max_concurrency: 5}"
    )

    @property
    def instance(self) -> InstanceType | None:
        """The instance type with what is known of it, None if serverless."""
        return find_instance_type(self.instance_type) if self.instance_type is not None else None

    @model_validator(mode="after")
    def _known_and_one(self) -> Self:
        if (self.instance_type is None) == (self.serverless is None):
            raise RuleError("instance_type", self.instance_type, accepted="exactly one of instance_type and serverless")
        if self.instance_type is not None and find_instance_type(self.instance_type) is None:
            raise RuleError("instance_type", self.instance_type, accepted=_accepted_instances(self.instance_type))
        return self


def _accepted_instances(name: str) -> str:
    """The sizes of the family that was meant, or the families."""
    family = name.removeprefix("ml.").partition(".")[0]
    if family in FAMILIES:
        return ", ".join(f"ml.{family}.{size}" for size in FAMILIES[family].sizes)
    return f"ml.FAMILY.SIZE with a family out of {', '.join(FAMILIES)}"
