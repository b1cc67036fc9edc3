"""A new version beside the one that serves, on EKS: how much traffic it gets is one value."""

from typing import Annotated

from pydantic import Field

from inference_constructs.config.models.base import ConfigModel
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.model_source import ModelSource
from inference_constructs.config.models.scaling import Scaling

#: The name of the fleet that runs the new version.
CANDIDATE = "candidate"


class Candidate(ConfigModel):
    """The new version of a canary or linear rollout.

    SageMaker keeps both fleets and moves the traffic by itself. On EKS both stand in the template, and `step` says how
    far the traffic has moved: 0 rolls back, the last step gives the candidate all of it.
    """

    model: ModelSource | None = Field(default=None, description="the new model; the service's unless given")
    image: Image | None = Field(default=None, description="the new image; the service's unless given")
    scaling: Scaling | None = Field(default=None, description="another number of pods than the service's")
    step: Annotated[int, Field(ge=0, le=10)] = Field(
        description="how far the traffic has moved: 0 none, 1 the first step of the rollout, the last one all"
    )
