"""What a variant runs on: instances, or serverless; and what its instances are given to start a large model.

Bounds: `ProductionVariant` of the SageMaker API (botocore 1.43.106); a test compares them.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once
from inference_constructs.config.models.instance_types import (
    FAMILIES,
    Accelerator,
    InstanceType,
    find_instance_type,
)

InferenceAmi = Literal[
    "al2-ami-sagemaker-inference-gpu-2",
    "al2-ami-sagemaker-inference-gpu-2-1",
    "al2-ami-sagemaker-inference-gpu-3-1",
    "al2-ami-sagemaker-inference-neuron-2",
    "al2023-ami-sagemaker-inference-gpu-4-1",
]
#: The major version of CUDA that the driver of an image for GPUs knows (SageMaker API, `InferenceAmiVersion`).
CUDA_OF_AMIS: Mapping[str, int] = {
    "al2-ami-sagemaker-inference-gpu-2": 12,
    "al2-ami-sagemaker-inference-gpu-2-1": 12,
    "al2-ami-sagemaker-inference-gpu-3-1": 12,
    "al2023-ami-sagemaker-inference-gpu-4-1": 13,
}
_RESERVATION = re.compile(r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:[a-z0-9-]{1,14}/\S+")
_MOST_POOLS = 5
#: What each part of a start may take unless a key says more: instances with their images, model data, health check.
_PART_OF_A_START_S = 600
#: Keys that serverless excludes.
_OF_INSTANCES = (
    "volume_size_gb",
    "model_data_download_timeout_s",
    "container_startup_health_check_timeout_s",
    "inference_ami_version",
    "capacity_reservation",
)
#: The driver of the neuron image is for Inferentia2 and Trainium (SageMaker API, `InferenceAmiVersion`).
_WITHOUT_AN_AMI = "inf1"

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


class CapacityReservation(ConfigModel):
    """Instances that were paid for before: a training plan whose target is `endpoint`."""

    ml_reservation_arn: str = Field(
        description="the plan, such as arn:aws:sagemaker:us-east-1:111122223333:training-plan/triage"
    )
    preference: Literal["capacity-reservations-only"] | None = Field(
        default=None,
        description="capacity-reservations-only: no instance outside of the plan, and none once it has ended",
    )

    @model_validator(mode="after")
    def _validate_arn(self) -> Self:
        if not _RESERVATION.fullmatch(self.ml_reservation_arn):
            accepted = "arn:aws:sagemaker:REGION:ACCOUNT:training-plan/NAME"
            raise RuleError("ml_reservation_arn", self.ml_reservation_arn, accepted=accepted)
        return self


class Compute(ConfigModel):
    """Instances of a type, of the first of several types that can be had, or serverless. One of them."""

    instance_type: str | None = Field(
        default=None, description="a SageMaker hosting instance type, such as ml.c7i.large"
    )
    serverless: Serverless | None = Field(
        default=None, description="capacity by the request: {memory_mb: 2048, max_concurrency: 5}"
    )
    instance_pools: Items[str] = Field(
        default=(),
        description="instead of instance_type: 2 to 5 types, the best first; if one cannot be had, the next is taken",
    )
    instance_provision_timeout_s: Annotated[int, Field(ge=300, le=3600)] | None = Field(
        default=None, description="seconds to look for instances in all instance_pools, 300 to 3600"
    )
    volume_size_gb: Annotated[int, Field(ge=1, le=512)] | None = Field(
        default=None,
        description="size of the instance's EBS volume for images and models, 1 to 512; not for types with local NVMe",
    )
    model_data_download_timeout_s: Annotated[int, Field(ge=60, le=3600)] | None = Field(
        default=None, description="seconds to download and unpack the model on an instance, 60 to 3600"
    )
    container_startup_health_check_timeout_s: Annotated[int, Field(ge=60, le=3600)] | None = Field(
        default=None, description="seconds from the container's start until /ping answers 200, 60 to 3600"
    )
    inference_ami_version: InferenceAmi | None = Field(
        default=None,
        description="the instances' image, which decides on drivers: al2023-ami-sagemaker-inference-gpu-4-1, …",
    )
    capacity_reservation: CapacityReservation | None = Field(
        default=None, description="instances of a training plan: {ml_reservation_arn: …}"
    )

    @property
    def instances(self) -> tuple[InstanceType, ...]:
        """The types that it may run on, with what is known of them, the best first; none if serverless."""
        names = (self.instance_type,) if self.instance_type is not None else self.instance_pools
        return tuple(found for name in names if (found := find_instance_type(name)) is not None)

    @property
    def instance(self) -> InstanceType | None:
        """The type that it runs on if it can be had, None if serverless."""
        return next(iter(self.instances), None)

    @property
    def start_s(self) -> int:
        """The longest that an instance may take to serve: to be had, to load the model, to answer health checks."""
        parts = (
            self.instance_provision_timeout_s,
            self.model_data_download_timeout_s,
            self.container_startup_health_check_timeout_s,
        )
        return sum(max(_PART_OF_A_START_S, part or 0) for part in parts)

    @model_validator(mode="after")
    def _known_and_one(self) -> Self:
        given = [self.instance_type is not None, self.serverless is not None, bool(self.instance_pools)]
        if given.count(True) != 1:
            accepted = "exactly one of instance_type, instance_pools and serverless"
            raise RuleError("instance_type", self.instance_type, accepted=accepted)
        for key, name in self._named():
            if find_instance_type(name) is None:
                raise RuleError(key, name, accepted=_accepted_instances(name))
        self._check_pools()
        if self.serverless is not None:
            self._check_nothing_of_instances()
        self._check_volume()
        self._check_ami()
        return self

    def _named(self) -> Iterator[tuple[str, str]]:
        if self.instance_type is not None:
            yield "instance_type", self.instance_type
        for name in self.instance_pools:
            yield "instance_pools", name

    def _check_pools(self) -> None:
        """One image runs on all of them, and one set of thresholds is for all of them."""
        pools = self.instance_pools
        if not pools:
            if self.instance_provision_timeout_s is not None:
                accepted = "together with instance_pools only: it bounds the search in all of them"
                raise RuleError("instance_provision_timeout_s", self.instance_provision_timeout_s, accepted=accepted)
            return
        if not 2 <= len(pools) <= _MOST_POOLS:  # noqa: PLR2004 - one type is instance_type
            accepted = f"2 to {_MOST_POOLS} instance types, or instance_type for a single one"
            raise RuleError("instance_pools", list(pools), accepted=accepted)
        check_each_once("instance_pools", pools)
        first, *others = self.instances
        for other in others:
            if _image_of(other) != _image_of(first):
                accepted = f"types with the processor and accelerator of {first.name}: one image runs on all of them"
                raise RuleError("instance_pools", other.name, accepted=accepted)
            if other.family.burstable or first.family.burstable:
                raise RuleError("instance_pools", other.name, accepted="types that are not burstable")
        if self.capacity_reservation is not None:
            accepted = "instance_type with capacity_reservation: it has to be the plan's type"
            raise RuleError("instance_pools", list(pools), accepted=accepted)

    def _check_nothing_of_instances(self) -> None:
        for key in _OF_INSTANCES:
            value = getattr(self, key)
            if value is not None:
                raise RuleError(key, value, accepted=f"no {key} with serverless, or an instance_type")

    def _check_volume(self) -> None:
        with_nvme = next((each.name for each in self.instances if each.family.local_nvme), None)
        if self.volume_size_gb is not None and with_nvme is not None:
            accepted = f"none on {with_nvme}, whose local NVMe storage has the size of the type"
            raise RuleError("volume_size_gb", self.volume_size_gb, accepted=accepted)

    def _check_ami(self) -> None:
        ami = self.inference_ami_version
        if ami is None or self.instance is None:
            return
        accelerator: Accelerator = "neuron" if "-neuron-" in ami else "gpu"
        for each in self.instances:
            family = each.name.split(".")[1]
            if each.family.accelerator != accelerator or family == _WITHOUT_AN_AMI:
                raise RuleError("inference_ami_version", ami, accepted=_accepted_amis(each))


def _image_of(instance: InstanceType) -> tuple[str, str | None]:
    return instance.family.architecture, instance.family.accelerator


def _accepted_amis(instance: InstanceType) -> str:
    """The images for an instance's accelerator."""
    accelerator, family = instance.family.accelerator, instance.name.split(".")[1]
    fitting = [ami for ami in get_args(InferenceAmi) if accelerator is not None and f"-{accelerator}-" in ami]
    if not fitting or family == _WITHOUT_AN_AMI:
        return f"none on {instance.name}: the images to choose from are for GPUs, Inferentia2 and Trainium"
    return f"on {instance.name} {', '.join(fitting)}"


def _accepted_instances(name: str) -> str:
    """The sizes of the family that was meant, or the families."""
    family = name.removeprefix("ml.").partition(".")[0]
    if family in FAMILIES:
        return ", ".join(f"ml.{family}.{size}" for size in FAMILIES[family].sizes)
    return f"ml.FAMILY.SIZE with a family out of {', '.join(FAMILIES)}"
