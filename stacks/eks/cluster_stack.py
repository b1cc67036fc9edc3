"""One cell: an EKS cluster and the nodes it may have."""

from aws_cdk import CfnOutput, Stack, aws_ec2, aws_kms, aws_sns
from constructs import Construct

from inference_constructs.config import Clusters, Environment
from inference_constructs.config.models.names import cluster_name, cluster_stack_name
from inference_constructs.eks.addons.metrics_pipeline import MetricsPipeline
from inference_constructs.eks.cluster.alarms import ClusterAlarms
from inference_constructs.eks.cluster.cluster import InferenceCluster
from stacks.settings import alarm_settings_of, retention_of, target_of


class ClusterStack(Stack):
    """A cluster, what it needs to run pods, and nothing of any service: those come and go without touching it.

    Attributes:
        cluster: The cluster, as services refer to it.
        cluster_name: Its name.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        clusters: Clusters,
        cell: int,
        vpc: aws_ec2.IVpc,
        encryption_key: aws_kms.IKey,
        alarm_topic: aws_sns.ITopic,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=cluster_stack_name(environment.name, cell),
            env=target_of(environment),
            description=f"Slipway {environment.name}: EKS cluster of cell {cell}",
            termination_protection=environment.termination_protection,
        )
        self.cluster_name = cluster_name(environment.name, cell)
        cluster = InferenceCluster(
            self,
            "Cluster",
            cluster_name=self.cluster_name,
            clusters=clusters,
            vpc=vpc,
            vpc_cidr=environment.network.cidr,
            retention=retention_of(environment, encryption_key),
            tags=environment.resource_tags,
        )
        self.cluster = cluster.handle
        metrics = MetricsPipeline(
            self,
            "Metrics",
            cluster=cluster.cluster,
            images=clusters.images,
            rollout_token=cluster.handle.rollout_token,
        )
        metrics.node.add_dependency(cluster.nodes, cluster.rollout_watch)
        alarms = ClusterAlarms(
            self,
            "Alarms",
            cluster_name=self.cluster_name,
            on_auto_mode=clusters.nodes == "auto_mode",
            settings=alarm_settings_of(environment, alarm_topic, cell=cell),
        )
        # A cluster without nodes reports no metrics, which is what one of the alarms watches.
        alarms.node.add_dependency(cluster.nodes)
        CfnOutput(self, "ClusterName", value=self.cluster_name, description="The name of the EKS cluster")
