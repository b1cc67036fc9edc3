"""The container image that serves a model."""

import re
from typing import Self

from pydantic import Field, model_validator

from inference_constructs.config.models.aws.deep_learning_containers import (
    ACCEPTED_REPOSITORIES,
    DeepLearningContainer,
    is_in_the_usual_accounts,
    is_serving_repository,
)
from inference_constructs.config.models.base import ConfigModel, RuleError
from inference_constructs.config.models.model_source import check_relative

_ECR_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[a-z0-9][a-z0-9._/-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})"
)
#: Tags that name another image tomorrow: a push would change nothing in a template, and so deploy nothing.
_MOVING = re.compile(r":(latest|stable|main|master|edge|nightly)(-[\w.-]*)?$")
_TAG = re.compile(r"[\w][\w.-]{0,127}")


class Image(ConfigModel):
    """A folder to build the image from, an image in ECR, or one of AWS's deep learning containers. One of them."""

    build: str | None = Field(
        default=None, description="folder with a Dockerfile, relative to the project, such as serving"
    )
    uri: str | None = Field(default=None, description="an image in Amazon ECR with its tag or digest")
    deep_learning_container: str | None = Field(
        default=None, description="an AWS deep learning container by its repository, such as vllm"
    )
    version: str | None = Field(
        default=None, description="its tag, such as 2.6.0-cpu-py312-ubuntu22.04-sagemaker; a moving tag is refused"
    )

    @property
    def published(self) -> DeepLearningContainer | None:
        """What its name says of it, None unless it is one of AWS's own."""
        if self.deep_learning_container is None or self.version is None:
            return None
        return DeepLearningContainer(repository=self.deep_learning_container, tag=self.version)

    @model_validator(mode="after")
    def _one_image(self) -> Self:
        given = [key for key in ("build", "uri", "deep_learning_container") if getattr(self, key) is not None]
        if len(given) != 1:
            value = getattr(self, given[0]) if given else None
            key = given[0] if given else "build"
            raise RuleError(key, value, accepted="exactly one of build, uri and deep_learning_container")
        if self.build is not None:
            check_relative("build", self.build)
        if self.uri is not None and not _ECR_IMAGE.fullmatch(self.uri):
            accepted = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG or …@sha256:DIGEST"
            raise RuleError("uri", self.uri, accepted=accepted)
        if self.uri is not None and _MOVING.search(self.uri):
            accepted = "a tag that stays with its image, such as a version or a commit, or …@sha256:DIGEST"
            raise RuleError("uri", self.uri, accepted=accepted)
        self._check_deep_learning_container()
        return self

    def _check_deep_learning_container(self) -> None:
        name, version = self.deep_learning_container, self.version
        if name is not None and not is_serving_repository(name):
            raise RuleError("deep_learning_container", name, accepted=ACCEPTED_REPOSITORIES)
        if name is None and version is not None:
            raise RuleError("version", version, accepted="a version together with deep_learning_container only")
        if name is not None and (version is None or not _TAG.fullmatch(version) or not version.count("-")):
            accepted = "a full tag such as 2.6.0-cpu-py312-ubuntu22.04-sagemaker"
            raise RuleError("version", version, accepted=accepted)
        if self.published is not None and not is_in_the_usual_accounts(self.published):
            raise RuleError("version", version, accepted="23.12-py3 or later; what is older by uri")
