"""What a backend adds to the stacks of an environment."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from aws_cdk import Stage, aws_ec2

from inference_constructs.config import Environment, Project
from stacks.foundation_stack import FoundationStack


@dataclass(frozen=True, kw_only=True)
class EnvironmentParts:
    """What every backend's stacks in an environment share.

    Attributes:
        stage: The stage that the stacks belong to.
        project: The project.
        environment: The environment, in one region.
        foundation: Its key and alarm topic.
        vpc: Its network.
    """

    stage: Stage
    project: Project
    environment: Environment
    foundation: FoundationStack
    vpc: aws_ec2.IVpc


class BackendStacks(ABC):
    """The stacks of one backend. `backends.py` registers those that there are.

    Attributes:
        name: The value of `backend:`.
    """

    name: ClassVar[str]

    @abstractmethod
    def create(self, parts: EnvironmentParts) -> None:
        """Create the stacks of the environment's services on this backend, and of what these run on."""
