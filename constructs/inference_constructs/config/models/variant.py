"""The versions of a model that share a service's traffic."""

from typing import Annotated

from pydantic import Field, StringConstraints

from inference_constructs.config.models.base import ConfigModel
from inference_constructs.config.models.compute import Compute
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.models.scaling import Scaling

VariantName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-?[a-zA-Z0-9])*$", max_length=40)]


#: The name of the variant that runs the new version of a rollout on EKS.
CANDIDATE = "candidate"


class Container(ConfigModel):
    """One step of an inference pipeline: each container gets the answer of the one before."""

    name: VariantName = Field(description="1 to 40 letters, digits and single hyphens")
    image: Image | None = Field(default=None, description="the container's image; of a model package, the one it runs")
    model: ModelSource | None = Field(default=None, description="what it loads, if anything")
    environment: dict[str, str] = Field(default={}, description="environment variables of the container")


class VariantSettings(ConfigModel):
    """One of several versions: its share of the traffic, and whatever differs from the service's own keys."""

    weight: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=1.0, description="share of the traffic relative to the other variants' weights; 0 gets none"
    )
    model: ModelSource | None = Field(default=None, description="another model than the service's")
    image: Image | None = Field(default=None, description="another image than the service's")
    scaling: Scaling | None = Field(default=None, description="another number of instances than the service's")
    sagemaker: Compute | None = Field(default=None, description="another instance type than the service's")


class Shadow(ConfigModel):
    """A version that gets a copy of the traffic; its answers go nowhere but into metrics and captured data."""

    name: VariantName = Field(default="shadow", description="1 to 40 letters, digits and single hyphens")
    sampling_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=100, description="share of the requests to copy, 1 to 100"
    )
    model: ModelSource | None = Field(default=None, description="another model than the service's")
    image: Image | None = Field(default=None, description="another image than the service's")
    instances: Annotated[int, Field(ge=1, le=1000)] = Field(default=1, description="how many instances, fixed")
    sagemaker: Compute | None = Field(default=None, description="another instance type than the service's")


class Candidate(ConfigModel):
    """The new version of a canary or linear rollout.

    SageMaker keeps both fleets and moves the traffic by itself. On EKS both are in the template, and `step` sets how
    far the traffic has moved: 0 rolls back, the last step gives the candidate all of it.
    """

    model: ModelSource | None = Field(default=None, description="the new model; the service's unless given")
    image: Image | None = Field(default=None, description="the new image; the service's unless given")
    scaling: Scaling | None = Field(default=None, description="another number of pods than the service's")
    step: Annotated[int, Field(ge=0, le=10)] = Field(
        description="how far the traffic has moved: 0 none, 1 the first step of the rollout, the last one all"
    )


class ResolvedVariant(ConfigModel):
    """A version as it is deployed: everything it needs, wherever it was set."""

    name: VariantName
    weight: float
    containers: tuple[Container, ...]
    compute: Compute
    scaling: Scaling
