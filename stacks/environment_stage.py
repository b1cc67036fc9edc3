"""One environment: every stack it is made of."""

from aws_cdk import PermissionsBoundary, Stage, Tags, aws_ec2, aws_s3
from constructs import Construct

from inference_constructs.config import Clusters, Environment, Project
from inference_constructs.config.models.names import cell_suffix
from inference_constructs.pipeline.names import operations_role_name
from stacks.cluster_stack import ClusterStack
from stacks.eks_stack import EksStack
from stacks.foundation_stack import FoundationStack
from stacks.network_stack import NetworkStack, existing_vpc
from stacks.sagemaker_stack import SageMakerStack
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
        vpc = self._vpc(environment, foundation)
        for service in environment.services:
            if service.backend == "sagemaker":
                SageMakerStack(
                    self,
                    service.name,
                    project=project,
                    environment=environment,
                    service=service,
                    vpc=vpc,
                    encryption_key=foundation.encryption_key,
                    alarm_topic=foundation.alarm_topic,
                )
        if environment.eks is not None and foundation.access_logs is not None:
            for cell in range(1, environment.eks.cells + 1):
                self._create_cell(
                    cell,
                    clusters=_seen_by_the_pipeline(environment.eks, environment, project),
                    project=project,
                    environment=environment,
                    foundation=foundation,
                    access_logs=foundation.access_logs,
                    vpc=vpc,
                )
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

    def _create_cell(
        self,
        cell: int,
        *,
        clusters: Clusters,
        project: Project,
        environment: Environment,
        foundation: FoundationStack,
        access_logs: aws_s3.IBucket,
        vpc: aws_ec2.IVpc,
    ) -> None:
        """A cluster, and every service on it. Each cell is a whole: what fails in one leaves the others alone."""
        cluster = ClusterStack(
            self,
            f"Cluster{cell_suffix(cell)}",
            environment=environment,
            clusters=clusters,
            cell=cell,
            vpc=vpc,
            encryption_key=foundation.encryption_key,
            alarm_topic=foundation.alarm_topic,
        )
        for service in environment.services:
            if service.backend == "eks" and service.eks is not None:
                EksStack(
                    self,
                    f"{service.name}{cell_suffix(cell)}",
                    project=project,
                    environment=environment,
                    clusters=clusters,
                    service=service,
                    pods=service.eks,
                    cell=cell,
                    cluster=cluster,
                    foundation=foundation,
                    access_logs=access_logs,
                    vpc=vpc,
                )


def _seen_by_the_pipeline(clusters: Clusters, environment: Environment, project: Project) -> Clusters:
    """The clusters with the pipeline's operations role among those who may look: its deploy check asks about pods."""
    if project.pipeline is None or environment.name not in project.pipeline.environments:
        return clusters
    role = f"arn:aws:iam::{environment.account}:role/{operations_role_name(environment)}"
    return clusters.model_copy(update={"viewers": (*clusters.viewers, role)})
