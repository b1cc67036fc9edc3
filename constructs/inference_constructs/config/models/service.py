"""What a data scientist writes about a model: `model_artifacts/<name>/service.yaml`."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.eks.candidate import CANDIDATE, Candidate
from inference_constructs.config.eks.pods import Pods
from inference_constructs.config.eks.rules import check_on_eks
from inference_constructs.config.models.base import ConfigModel, Items, RuleError
from inference_constructs.config.models.compute import Compute
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.models.objectives import Objectives
from inference_constructs.config.models.rollout import Rollout
from inference_constructs.config.models.scaling import Scaling
from inference_constructs.config.models.variant import Container, ResolvedVariant, Shadow, VariantName, VariantSettings
from inference_constructs.config.rules.service import check_service
from inference_constructs.config.sagemaker.data_capture import DataCapture
from inference_constructs.config.sagemaker.rules import check_on_sagemaker

#: SageMaker takes 63 characters for an endpoint, `ENVIRONMENT-SERVICE`; Kubernetes as many for a namespace.
ServiceName = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=40)]

#: The name of the one variant of a service that names none. It must never change: SageMaker takes a renamed variant
#: for a removed one.
MAIN_VARIANT = "main"


class SageMakerSettings(Compute):
    """What only the SageMaker backend needs to know."""

    data_capture: DataCapture | None = Field(
        default=None, description="keep a share of requests and answers: {sampling_percent: 10, retention_days: 30}"
    )


class Fleet(ConfigModel):
    """The pods of one version as they are deployed: everything they need, wherever it was said."""

    name: VariantName
    weight: float
    container: Container
    scaling: Scaling


class Service(ConfigModel):
    """One model served online under one name."""

    #: Keys whose mapping an environment replaces as a whole: their own keys exclude each other.
    REPLACED_WHOLE: ClassVar[frozenset[str]] = frozenset({"model", "image", "rollout"})

    name: ServiceName = Field(
        description="1 to 40 lower-case letters, digits and single hyphens, starting with a letter; the folder's name"
    )
    backend: Literal["sagemaker", "eks"] = Field(description="what serves the model: sagemaker or eks")
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
    sagemaker: SageMakerSettings | None = Field(
        default=None, description="what only the SageMaker backend needs: {instance_type: ml.c7i.large}"
    )
    eks: Pods | None = Field(default=None, description='what only the EKS backend needs: {cpu: "2", memory: 4Gi}')
    folder: ServiceName | None = Field(
        default=None,
        description="in an environment only: the folder of model_artifacts/ to serve under this name; the name's own"
        " unless given",
    )

    @property
    def production_variants(self) -> tuple[ResolvedVariant, ...]:
        """The versions that answer, in the order they are written."""
        settings = self.variants or {MAIN_VARIANT: VariantSettings()}
        return tuple(
            ResolvedVariant(
                name=name,
                weight=variant.weight,
                containers=self._containers(variant.model, variant.image),
                compute=variant.sagemaker or self._compute,
                scaling=variant.scaling or self.scaling,
            )
            for name, variant in settings.items()
        )

    @property
    def shadow_variant(self) -> ResolvedVariant | None:
        """The version that gets a copy. Its weight is its share of the one production variant's."""
        if self.shadow is None:
            return None
        (production,) = self.production_variants
        return ResolvedVariant(
            name=self.shadow.name,
            weight=production.weight * self.shadow.sampling_percent / 100,
            containers=self._containers(self.shadow.model, self.shadow.image),
            compute=self.shadow.sagemaker or self._compute,
            scaling=Scaling(min=self.shadow.instances, max=self.shadow.instances),
        )

    @property
    def all_variants(self) -> tuple[ResolvedVariant, ...]:
        """Every version, the shadow last."""
        return (*self.production_variants, *((self.shadow_variant,) if self.shadow_variant else ()))

    @property
    def fleets(self) -> tuple[Fleet, ...]:
        """The versions as EKS serves them, in the order they are written, a candidate last."""
        if self.candidate is None or self.rollout is None:
            settings = self.variants or {MAIN_VARIANT: VariantSettings()}
        else:
            moved = self.rollout.traffic_percent(self.candidate.step)
            new = VariantSettings(
                weight=moved,
                model=self.candidate.model,
                image=self.candidate.image,
                scaling=self.candidate.scaling,
            )
            settings = {MAIN_VARIANT: VariantSettings(weight=100 - moved), CANDIDATE: new}
        return tuple(
            Fleet(
                name=name,
                weight=fleet.weight,
                container=self._containers(fleet.model, fleet.image)[0],
                scaling=fleet.scaling or self.scaling,
            )
            for name, fleet in settings.items()
        )

    @property
    def stated_containers(self) -> tuple[Container, ...]:
        """Every container of every version, for what has to hold for each of them."""
        others = [other for other in (self.shadow, self.candidate) if other is not None]
        stated = [*(self.variants or {MAIN_VARIANT: VariantSettings()}).values(), *others]
        return tuple(container for each in stated for container in self._containers(each.model, each.image))

    @property
    def _compute(self) -> Compute:
        if self.sagemaker is None:
            raise RuleError("sagemaker", None, accepted="{instance_type: ml.c7i.large} with the backend sagemaker")
        return Compute(instance_type=self.sagemaker.instance_type, serverless=self.sagemaker.serverless)

    def _containers(self, model: ModelSource | None, image: Image | None) -> tuple[Container, ...]:
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

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        check_service(self)
        if self.backend == "eks":
            check_on_eks(self)
        else:
            check_on_sagemaker(self)
        return self
