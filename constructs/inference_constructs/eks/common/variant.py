"""The pods of one version of a service."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.config import Scaling


@dataclass(frozen=True, kw_only=True)
class PodVariant:
    """One version: what its pods run, how many there are, and which share of the traffic they get.

    Attributes:
        name: Names its Deployment and everything beside it: part of the contract, since renaming a Service drops its
            targets mid-flight.
        weight: Its share of the traffic, relative to the other variants' weights; 0 gets none.
        image: What the pods run.
        model: What they load, None if the image brings its model. Its SHA-256 is checked before it is unpacked.
        scaling: How many pods, and what their number follows.
        environment: Environment variables of the container. Default: none.
    """

    name: str
    weight: float
    image: ContainerImage
    model: ModelData | None
    scaling: Scaling
    environment: Mapping[str, str] = field(default_factory=dict)
