"""What a data scientist writes about a model, whatever serves it: `model_artifacts/<name>/service.yaml`."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from inference_constructs.config.models.base import ConfigModel, Items
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.models.objectives import Objectives
from inference_constructs.config.models.rollout import Rollout
from inference_constructs.config.models.scaling import Scaling
from inference_constructs.config.models.variant import Candidate, Container, Shadow, VariantName, VariantSettings

#: SageMaker takes 63 characters for an endpoint, `ENVIRONMENT-SERVICE`; Kubernetes as many for a namespace.
ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=40)]

#: The name of the one variant of a service that names none. It must never change: SageMaker takes a renamed variant
#: for a removed one.
MAIN_VARIANT = "main"


class Service(ConfigModel):
    """One model served online under one name. Each backend adds a key with its own settings, under its own name."""

    #: Keys whose mapping an environment replaces as a whole: their own keys exclude each other.
    REPLACED_WHOLE: ClassVar[frozenset[str]] = frozenset({"model", "image", "rollout"})

    name: ServiceName = Field(
        description="1 to 40 lower-case letters, digits and single hyphens, starting with a letter; the folder's name"
    )
    backend: str = Field(description="what serves the model: sagemaker or eks")
    model: ModelSource | None = Field(
        default=None, description="where the trained model is: {path: model/}, {s3_uri: s3://…/model.tar.gz}, …"
    )
    image: Image | None = Field(default=None, description="the container: {build: serving}, {uri: an image in ECR}, …")
    environment: dict[str, str] = Field(default={}, description="environment variables of the container")
    containers: Items[Container] = Field(
        default=(), description="instead of model and image: 2 to 15 containers, each fed with the answer before"
    )
    objectives: Objectives = Field(default=Objectives(), description="the latency and availability promised")
    scaling: Scaling = Field(default=Scaling(), description="how many instances, and what they follow")
    rollout: Rollout | None = Field(
        default=None, description="how a new version takes over; the environment's way unless given"
    )
    variants: dict[VariantName, VariantSettings] = Field(
        default={},
        description="up to 10 versions that share the traffic, by names of 1 to 40 letters, digits and single hyphens;"
        " one named main unless given",
    )
    shadow: Shadow | None = Field(default=None, description="one version that gets a copy of the traffic")
    candidate: Candidate | None = Field(
        default=None, description="eks: a new version and how far the traffic has moved to it: {model: …, step: 1}"
    )
    folder: ServiceName | None = Field(
        default=None,
        description="in an environment only: the folder of model_artifacts/ to serve under this name; the name's own"
        " unless given",
    )

    @classmethod
    def with_defaults(cls, data: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of a service, with what the environment sets where the service sets nothing.

        Args:
            data: The service's own keys.
            defaults: The environment's.
        """
        return {**defaults, **{key: value for key, value in data.items() if value is not None or key not in defaults}}

    @property
    def variant_settings(self) -> dict[VariantName, VariantSettings]:
        """The variants by name, in the order they are written; the one that is there unless some are named."""
        return self.variants or {MAIN_VARIANT: VariantSettings()}

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """Every container of every version, for what has to hold for each of them."""
        others = [other for other in (self.shadow, self.candidate) if other is not None]
        versions = [*self.variant_settings.values(), *others]
        return tuple(container for each in versions for container in self.containers_of(each.model, each.image))

    def containers_of(self, model: ModelSource | None, image: Image | None) -> tuple[Container, ...]:
        """The containers of a version.

        Args:
            model: Its own model, None for the service's.
            image: Its own image, None for the service's.
        """
        if self.containers:
            return self.containers
        return (
            Container(
                name=MAIN_VARIANT,
                model=model or self.model,
                image=image or self.image,
                environment=self.environment,
            ),
        )
