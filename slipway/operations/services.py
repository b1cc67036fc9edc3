"""A service as it is deployed in an environment, as far as every backend has it, and a selection of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from inference_constructs.config.models.names import service_stack_name


@dataclass(frozen=True, kw_only=True)
class DeployedService:
    """A service in an environment, as far as one has to know it to find it on AWS.

    Each backend has a subclass with what only it needs to know.

    Attributes:
        backend: The name of the backend that serves it.
        environment: The environment's name.
        name: The service's name.
        latency_p99_ms: The latency it promises, None where it promises none.
        samples: The folder of its golden samples.
    """

    backend: ClassVar[str]

    environment: str
    name: str
    latency_p99_ms: int | None
    samples: Path

    @property
    def full_name(self) -> str:
        """The service with its environment, for people."""
        return f"{self.environment}-{self.name}"

    @property
    def stack_name(self) -> str:
        """The CloudFormation stack that holds the service; it has the same name on every backend."""
        return service_stack_name(self.environment, self.name)

    @property
    def stack_names(self) -> tuple[str, ...]:
        """Every stack with alarms about the service."""
        return (self.stack_name,)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What a command is about.

    Attributes:
        environment: The environment's name, with the region's where that is not its first.
        account: Its AWS account.
        region: Its AWS region.
        services: Its services, or the one that was named.
    """

    environment: str
    account: str
    region: str
    services: tuple[DeployedService, ...]
