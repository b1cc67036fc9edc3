"""What a data scientist writes about a model: `model_artifacts/<name>/service.yaml`."""

import re
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.spec.base import RuleError, SpecModel
from inference_constructs.spec.instance_types import FAMILIES, InstanceType, find_instance_type
from inference_constructs.spec.objectives import Objectives
from inference_constructs.spec.scaling import Scaling

ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z0-9]){0,39}$")]

_S3_ARCHIVE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S+\.tar\.gz")
_ECR_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})"
)


class ModelSource(SpecModel):
    """Where the trained model is: a folder here, or an archive in S3. One of them."""

    path: str | None = Field(
        default=None, description="folder with the model, relative to service.yaml, such as model/"
    )
    s3_uri: str | None = Field(
        default=None, description="an archive in S3, such as s3://bucket/models/1.2.0/model.tar.gz"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.s3_uri is None):
            raise RuleError("path", self.path, accepted="exactly one of path and s3_uri")
        if self.path is not None:
            _check_relative("path", self.path)
        if self.s3_uri is not None and not _S3_ARCHIVE.fullmatch(self.s3_uri):
            raise RuleError("s3_uri", self.s3_uri, accepted="s3://BUCKET/KEY.tar.gz")
        return self


class Image(SpecModel):
    """The container that serves the model: a folder to build it from, or an image in ECR. One of them."""

    build: str | None = Field(
        default=None, description="folder with a Dockerfile, relative to the project, such as serving"
    )
    uri: str | None = Field(default=None, description="an image in Amazon ECR with its tag or digest")

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        if (self.build is None) == (self.uri is None):
            raise RuleError("build", self.build, accepted="exactly one of build and uri")
        if self.build is not None:
            _check_relative("build", self.build)
        if self.uri is not None and not _ECR_IMAGE.fullmatch(self.uri):
            accepted = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG or …@sha256:DIGEST"
            raise RuleError("uri", self.uri, accepted=accepted)
        return self


class SageMakerSettings(SpecModel):
    """What only the SageMaker backend needs to know."""

    instance_type: str = Field(description="a SageMaker hosting instance type, such as ml.c7i.large")

    @property
    def instance(self) -> InstanceType:
        """The instance type with what is known of it."""
        instance = find_instance_type(self.instance_type)
        if instance is None:  # validation refuses such a name
            raise LookupError(self.instance_type)
        return instance

    @model_validator(mode="after")
    def _known_instance_type(self) -> Self:
        if find_instance_type(self.instance_type) is None:
            raise RuleError("instance_type", self.instance_type, accepted=_accepted_instances(self.instance_type))
        return self


class Service(SpecModel):
    """One model served online under one name."""

    #: Keys whose mapping an environment replaces as a whole: their own keys exclude each other.
    REPLACED_WHOLE: ClassVar[frozenset[str]] = frozenset({"model", "image"})

    name: ServiceName = Field(
        description="1 to 40 lower-case letters, digits and single hyphens, starting with a letter; the folder's name"
    )
    backend: Literal["sagemaker"] = Field(description="what serves the model: sagemaker")
    model: ModelSource = Field(
        description="where the trained model is: {path: model/} or {s3_uri: s3://…/model.tar.gz}"
    )
    image: Image = Field(description="the container: {build: serving} or {uri: an image in ECR}")
    objectives: Objectives = Field(default=Objectives(), description="the latency and availability promised")
    scaling: Scaling = Field(default=Scaling(), description="how many instances, and what they follow")
    sagemaker: SageMakerSettings = Field(
        description="what only the SageMaker backend needs: {instance_type: ml.c7i.large}"
    )

    @model_validator(mode="after")
    def _values_fit_together(self) -> Self:
        if self.objectives.availability is not None and self.scaling.min < 2:  # noqa: PLR2004
            accepted = "2 or more instances, so that one may fail, or no objectives.availability (set it to null)"
            raise RuleError("scaling.min", self.scaling.min, accepted=accepted)
        if self.sagemaker.instance.family.burstable and self.scaling.automatic:
            accepted = (
                "an instance type that is not burstable (SageMaker does not scale those), or scaling.min equal to max"
            )
            raise RuleError("sagemaker.instance_type", self.sagemaker.instance_type, accepted=accepted)
        return self


def _check_relative(key: str, path: str) -> None:
    parsed = PurePosixPath(path)
    if not path or parsed.is_absolute() or ".." in parsed.parts or "\\" in path:
        raise RuleError(key, path, accepted="a relative path with forward slashes and without `..`")


def _accepted_instances(name: str) -> str:
    """The sizes of the family that was meant, or the families."""
    family = name.removeprefix("ml.").partition(".")[0]
    if family in FAMILIES:
        return "ml.{}.{}".format(family, f", ml.{family}.".join(FAMILIES[family].sizes))
    return f"ml.FAMILY.SIZE with a family out of {', '.join(FAMILIES)}"
