"""One of the versions of a model that share an endpoint's traffic."""

from dataclasses import dataclass

from inference_constructs.container_image import ContainerImage
from inference_constructs.model_archive import ModelArchive
from inference_constructs.spec import InstanceType, Scaling


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production variant.

    Attributes:
        name: Its name, stable over updates: SageMaker takes a renamed variant for a removed one.
        model: What it serves.
        image: The container it serves it with.
        instance: What it runs on.
        scaling: How many instances, and what their number follows.
        weight: Its share of the traffic, relative to the other variants' weights.
    """

    name: str
    model: ModelArchive
    image: ContainerImage
    instance: InstanceType
    scaling: Scaling
    weight: float = 1.0
