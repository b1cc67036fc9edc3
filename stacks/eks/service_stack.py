"""One service on EKS, in one cell."""

from aws_cdk import CfnOutput, Stack, Tags, aws_s3
from constructs import Construct

from inference_constructs.common.model_data import ModelData
from inference_constructs.config import Clusters, Environment, Pods, Project, ResolvedPodVariant, ServiceOnEks
from inference_constructs.config.models.names import service_stack_name
from inference_constructs.eks.common.variant import PodVariant
from inference_constructs.eks.ingress.settings import Ingress
from inference_constructs.eks.service.service import EksService
from stacks.eks.cluster_stack import ClusterStack
from stacks.foundation_stack import FoundationStack
from stacks.model_sources import ModelSources
from stacks.settings import alarm_settings_of, retention_of, target_of

_ALL = 100


class EksStack(Stack):
    """The pods of one service and the load balancer before them.

    Attributes:
        service: The service.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        project: Project,
        environment: Environment,
        clusters: Clusters,
        service: ServiceOnEks,
        cell: int,
        cluster: ClusterStack,
        foundation: FoundationStack,
        access_logs: aws_s3.IBucket,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=service_stack_name(environment.name, service.name, cell),
            env=target_of(environment),
            description=f"Slipway {environment.name}: {service.name} on EKS, cell {cell}",
            # Its load balancer refuses to be deleted; found out last, the name and the pods would be gone by then.
            termination_protection=environment.termination_protection,
        )
        Tags.of(self).add("slipway:service", service.name)
        pods = service.eks
        sources = ModelSources(self, "Sources", project=project, service=service)
        self.service = EksService(
            self,
            "Service",
            cluster=cluster.cluster,
            service_name=service.name,
            variants=[_variant(variant, sources, pods) for variant in service.pod_variants],
            pods=pods,
            rollout=service.rollout or environment.rollout,
            objectives=service.objectives,
            ingress=Ingress(
                load_balancer=clusters.load_balancer,
                access_logs=access_logs,
                cell=cell,
                drained=cell in clusters.drained_cells,
            ),
            spread_spot=any(0 < pool.spot_percent < _ALL for pool in clusters.node_pools if pool.kind == pods.kind),
            loader_image=sources.image(clusters.loader_image, pods.architecture),
            alarm_settings=alarm_settings_of(environment, foundation.alarm_topic, service=service.name, cell=cell),
            retention=retention_of(environment, foundation.encryption_key),
        )
        self._create_outputs(cluster.cluster_name, service.name)

    def _create_outputs(self, cluster_name: str, namespace: str) -> None:
        groups = ",".join(f"{variant}={arn}" for variant, arn in self.service.target_group_arns.items())
        CfnOutput(self, "ServiceUrl", value=self.service.url, description="What callers call, with /invocations")
        CfnOutput(self, "LoadBalancerDnsName", value=self.service.dns_name, description="The load balancer behind it")
        CfnOutput(self, "ClusterName", value=cluster_name, description="The EKS cluster that runs the pods")
        CfnOutput(self, "Namespace", value=namespace, description="The Kubernetes namespace of the pods")
        CfnOutput(self, "TargetGroups", value=groups, description="Each fleet with its target group")


def _variant(variant: ResolvedPodVariant, sources: ModelSources, pods: Pods) -> PodVariant:
    container = sources.container(variant.container, pods.architecture)
    model = container.model
    if model is not None and not isinstance(model, ModelData):
        message = f"{variant.name}: pods load a model by its address in S3; validation refuses a model package"
        raise TypeError(message)
    return PodVariant(
        name=variant.name,
        weight=variant.weight,
        image=container.image,
        model=model,
        scaling=variant.scaling,
        environment=container.environment,
    )
