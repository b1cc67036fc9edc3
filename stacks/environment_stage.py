"""One environment: every stack it is made of."""

from aws_cdk import PermissionsBoundary, Stage, Tags, aws_ec2
from constructs import Construct

from inference_constructs.config import Environment, Project
from stacks.backend import EnvironmentParts
from stacks.backends import backends
from stacks.foundation_stack import FoundationStack
from stacks.network_stack import NetworkStack, existing_vpc
from stacks.settings import target_of


class EnvironmentStage(Stage):
    """The stacks of one environment; `cdk deploy '<environment>/*'` deploys them in order.

    Attributes:
        environment: The environment, in one region.
    """

    def __init__(self, scope: Construct, *, project: Project, environment: Environment) -> None:
        boundary = environment.permissions_boundary
        super().__init__(
            scope,
            environment.stage_name,
            env=target_of(environment),
            permissions_boundary=PermissionsBoundary.from_name(boundary) if boundary is not None else None,
        )
        self.environment = environment
        foundation = FoundationStack(
            self,
            "Foundation",
            environment=environment,
            pipeline=project.pipeline,
            stack_name=f"slipway-{environment.name}-foundation",
        )
        parts = EnvironmentParts(
            stage=self,
            project=project,
            environment=environment,
            foundation=foundation,
            vpc=self._vpc(environment, foundation),
        )
        for backend in backends():
            backend.create(parts)
        for key, value in environment.resource_tags.items():
            Tags.of(self).add(key, value)

    def _vpc(self, environment: Environment, foundation: FoundationStack) -> aws_ec2.IVpc:
        """A VPC of its own, in a stack of its own, or the existing one."""
        existing = environment.network.existing
        if existing is not None:
            return existing_vpc(foundation, environment.network, existing)
        return NetworkStack(
            self,
            "Network",
            environment=environment,
            encryption_key=foundation.encryption_key,
            stack_name=f"slipway-{environment.name}-network",
        ).vpc
