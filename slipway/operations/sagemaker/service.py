"""A service on SageMaker, as far as one has to know it to find it on AWS."""

from dataclasses import dataclass
from typing import ClassVar

from slipway.operations.services import DeployedService


@dataclass(frozen=True, kw_only=True)
class DeployedSageMakerService(DeployedService):
    """A service behind an endpoint."""

    backend: ClassVar[str] = "sagemaker"

    @property
    def endpoint_name(self) -> str:
        """The endpoint that callers invoke."""
        return self.full_name
