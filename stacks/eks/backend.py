"""EKS as a backend: in every cell a stack with the cluster, and one per service."""

from aws_cdk import Stack, aws_s3

from inference_constructs.config import Clusters, Environment, Project, ServiceOnEks
from inference_constructs.config.models.names import cell_suffix
from inference_constructs.eks.ingress.access_logs import AccessLogBucket
from inference_constructs.pipeline.names import operations_role_name
from stacks.backend import BackendStacks, EnvironmentParts
from stacks.eks.cluster_stack import ClusterStack
from stacks.eks.service_stack import EksStack
from stacks.settings import removal_policy_of


class EksStacks(BackendStacks):
    """Each cell is a whole: what fails in one leaves the others alone."""

    name = "eks"

    def create(self, parts: EnvironmentParts) -> None:
        """Create the cells of an environment that has clusters, and the bucket that their load balancers log to."""
        clusters = parts.environment.settings_for(Clusters)
        if clusters is None:
            return
        access_logs = AccessLogBucket(
            parts.foundation,
            "AccessLogs",
            retention_days=clusters.load_balancer.access_log_days,
            removal_policy=removal_policy_of(parts.environment),
        ).bucket
        clusters = _visible_to_the_pipeline(clusters, parts.environment, parts.project)
        before: list[Stack] = []
        for cell in range(1, clusters.cells + 1):
            stacks = self._create_cell(parts, clusters, cell, access_logs)
            # Cell by cell: what fails in one, its alarms included, does not reach the next.
            for stack in stacks if before else []:
                for earlier in before:
                    stack.add_dependency(earlier, "cells are deployed one after the other")
            before = stacks

    def _create_cell(
        self, parts: EnvironmentParts, clusters: Clusters, cell: int, access_logs: aws_s3.IBucket
    ) -> list[Stack]:
        """A cluster, and every service on it; all their stacks."""
        cluster = ClusterStack(
            parts.stage,
            f"Cluster{cell_suffix(cell)}",
            environment=parts.environment,
            clusters=clusters,
            cell=cell,
            vpc=parts.vpc,
            encryption_key=parts.foundation.encryption_key,
            alarm_topic=parts.foundation.alarm_topic,
        )
        stacks: list[Stack] = [cluster]
        for service in parts.environment.services_of(ServiceOnEks):
            stack = EksStack(
                parts.stage,
                f"{service.name}{cell_suffix(cell)}",
                project=parts.project,
                environment=parts.environment,
                clusters=clusters,
                service=service,
                cell=cell,
                cluster=cluster,
                foundation=parts.foundation,
                access_logs=access_logs,
            )
            stacks.append(stack)
        return stacks


def _visible_to_the_pipeline(clusters: Clusters, environment: Environment, project: Project) -> Clusters:
    """The clusters with the pipeline's operations role among the viewers: its deploy check asks about pods."""
    if project.pipeline is None or environment.name not in project.pipeline.environments:
        return clusters
    role = f"arn:aws:iam::{environment.account}:role/{operations_role_name(environment)}"
    return clusters.model_copy(update={"viewers": (*clusters.viewers, role)})
