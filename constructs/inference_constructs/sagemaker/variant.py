"""One of the versions of a model that share an endpoint's traffic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from inference_constructs.common.container_image import ContainerImage
from inference_constructs.common.model_data import ModelData
from inference_constructs.common.model_package import ModelPackage
from inference_constructs.config import Compute, InstanceType, Scaling


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of a variant.

    Attributes:
        image: What it runs. A model package brings its own; then this is what the role may pull.
        model: What it loads, if anything.
        name: Its name within an inference pipeline. Default: `main`.
        environment: Its environment variables. Default: none.
    """

    image: ContainerImage
    model: ModelData | ModelPackage | None
    name: str = "main"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production or shadow variant.

    Attributes:
        name: Its name, stable over updates: SageMaker takes a renamed variant for a removed one.
        containers: One, or the steps of an inference pipeline.
        compute: What it runs on.
        scaling: How many instances, and what their number follows.
        weight: Its share of the traffic, relative to the other variants' weights. Default: 1.
    """

    name: str
    containers: tuple[Container, ...]
    compute: Compute
    scaling: Scaling
    weight: float = 1.0

    @classmethod
    def of(
        cls,
        *,
        model: ModelData | ModelPackage,
        image: ContainerImage,
        instance_type: str,
        scaling: Scaling,
        name: str = "main",
    ) -> Self:
        """A variant with one container on instances.

        Args:
            model: What it serves.
            image: What it serves it with.
            instance_type: Such as `ml.c7i.large`.
            scaling: How many instances, and what their number follows.
            name: Its name, stable over updates. Default: `main`.

        Raises:
            pydantic.ValidationError: SageMaker hosts no models on such instances.
        """
        container = Container(image=image, model=model)
        return cls(name=name, containers=(container,), compute=Compute(instance_type=instance_type), scaling=scaling)

    @property
    def instance(self) -> InstanceType | None:
        """The instance type with what is known of it, None if serverless."""
        return self.compute.instance
