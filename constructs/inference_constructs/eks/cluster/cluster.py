"""An EKS cluster for inference services."""

from collections.abc import Mapping
from typing import cast

from aws_cdk import Annotations, aws_ec2, aws_eks_v2, aws_kms
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer
from constructs import Construct, IDependable

from inference_constructs.common.acknowledge import acknowledge
from inference_constructs.common.retention import Retention
from inference_constructs.config import Clusters
from inference_constructs.eks.addons.load_balancer_controller import LoadBalancerController
from inference_constructs.eks.addons.managed import AddOns, NodeAddOns
from inference_constructs.eks.addons.observability_role import ObservabilityRole
from inference_constructs.eks.cluster.access import Access
from inference_constructs.eks.cluster.role import ClusterRole
from inference_constructs.eks.cluster.subnets import node_subnets
from inference_constructs.eks.common.cluster_handle import ClusterHandle
from inference_constructs.eks.common.kubectl_provider import KubectlRole, finish_functions_of
from inference_constructs.eks.common.log_groups import ClusterLogs
from inference_constructs.eks.common.rollout_provider import RolloutWatch
from inference_constructs.eks.common.versions import add_on_versions, kubernetes_version
from inference_constructs.eks.nodes.auto_mode import AutoModeNodes
from inference_constructs.eks.nodes.managed_groups import NodeGroups
from inference_constructs.eks.nodes.overprovisioning import Headroom


class InferenceCluster(Construct):
    """A cluster with private nodes, everything that services on it share, and none of the services.

    Attributes:
        cluster: The cluster.
        cluster_name: Its name.
        handle: The cluster as services refer to it.
        rollout_watch: What looks whether pods answer.
        nodes: What pods of the same stack depend on to have nodes, and to be deleted before them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster_name: str,
        clusters: Clusters,
        vpc: aws_ec2.IVpc,
        vpc_cidr: str,
        retention: Retention,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Create the cluster.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster_name: Its name, by which metrics, logs and target groups know it.
            clusters: How it is to be.
            vpc: Its private subnets, or else its isolated ones, hold the nodes and the way to the Kubernetes API.
            vpc_cidr: The VPC's IPv4 block as a literal.
            retention: How logs are kept. The key also encrypts Kubernetes secrets and, on Auto Mode, the nodes' disks;
                `RETAIN` also protects the cluster from deletion.
            tags: Tags of nodes and their disks, which EKS makes and the CDK's tags do not reach. Default: none.

        Raises:
            ValueError: The VPC's subnets are in too few zones, or kubectl is too far from the cluster's version.
        """
        super().__init__(scope, construct_id)
        self.cluster_name = cluster_name
        self._clusters = clusters
        self._retention = retention
        self._tags = tags or {}
        self._subnets = node_subnets(vpc)
        self._logs = ClusterLogs(self, "Logs", cluster_name=cluster_name, retention=retention)
        cluster = self._create_cluster(vpc, retention.encryption_key)
        self._protect(cluster, retained=retention.is_retained)
        # jsii's Python types do not know that the class has what its interface asks for.
        self.cluster = cast("aws_eks_v2.ICluster", cluster)
        Access(self, "Access", cluster=self.cluster, admins=clusters.admins, viewers=clusters.viewers)
        self.rollout_watch = RolloutWatch(
            self,
            "RolloutWatch",
            cluster=self.cluster,
            cluster_name=cluster_name,
            vpc=vpc,
            subnets=self._subnets,
            retention=retention,
        )
        self.nodes = self._create_nodes(retention.encryption_key)
        add_ons = self._create_add_ons()
        if not self._on_auto_mode:
            LoadBalancerController(
                self,
                "LoadBalancerController",
                cluster=self.cluster,
                cluster_name=cluster_name,
                vpc=vpc,
                versions=add_on_versions(clusters.version),
                image=clusters.images.load_balancer_controller,
                nodes=add_ons,
                rollout_watch=self.rollout_watch,
            )
        if clusters.headroom is not None:
            Headroom(
                self,
                "Headroom",
                cluster=self.cluster,
                settings=clusters.headroom,
                pause_image=clusters.images.pause,
            ).node.add_dependency(self.nodes)
        self.handle = ClusterHandle(
            cluster=self.cluster,
            cluster_name=cluster_name,
            rollout_token=self.rollout_watch.service_token,
            nodes=clusters.nodes,
            vpc=vpc,
            vpc_cidr=vpc_cidr,
        )

    @property
    def _on_auto_mode(self) -> bool:
        return self._clusters.nodes == "auto_mode"

    def _create_cluster(self, vpc: aws_ec2.IVpc, encryption_key: aws_kms.IKey) -> aws_eks_v2.Cluster:
        role = ClusterRole(
            self, "Role", encryption_key=encryption_key, tags_nodes=self._on_auto_mode and bool(self._tags)
        )
        kubectl_role = KubectlRole(self, "KubectlRole", cluster_name=self.cluster_name)
        capacity = aws_eks_v2.DefaultCapacityType
        cluster = aws_eks_v2.Cluster(
            self,
            "Resource",
            cluster_name=self.cluster_name,
            version=kubernetes_version(self._clusters.version),
            role=role.role,
            vpc=vpc,
            vpc_subnets=[aws_ec2.SubnetSelection(subnets=list(self._subnets))],
            endpoint_access=self._endpoint_access(),
            # Only access entries of the template: being its creator gives CloudFormation's role no way in.
            bootstrap_cluster_creator_admin_permissions=False,
            default_capacity_type=capacity.AUTOMODE if self._on_auto_mode else capacity.NODEGROUP,
            default_capacity=None if self._on_auto_mode else 0,
            compute=aws_eks_v2.ComputeConfig(node_pools=[]) if self._on_auto_mode else None,
            bootstrap_self_managed_addons=False,
            secrets_encryption_key=encryption_key,
            cluster_logging=list(aws_eks_v2.ClusterLoggingTypes),
            control_plane_scaling_tier=aws_eks_v2.ControlPlaneScalingTier.of(self._clusters.control_plane_tier),
            prune=False,
            kubectl_provider_options=aws_eks_v2.KubectlProviderOptions(
                kubectl_layer=KubectlV35Layer(self, "Kubectl"), role=kubectl_role.role, private_subnets=self._subnets
            ),
        )
        cluster.node.add_dependency(*role.permissions, self._logs.control_plane)
        _accept_warnings_about_subnets(cluster)
        finish_functions_of(
            cluster, kubectl_role, logs_like=self._logs.control_plane, removal_policy=self._retention.removal_policy
        )
        return cluster

    def _endpoint_access(self) -> aws_eks_v2.EndpointAccess:
        blocks = self._clusters.public_endpoint_cidrs
        if not blocks:
            return aws_eks_v2.EndpointAccess.PRIVATE
        return aws_eks_v2.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*blocks)

    def _protect(self, cluster: aws_eks_v2.Cluster, *, retained: bool) -> None:
        """Set what the CDK's class has no properties for.

        Support: 14 months after a version's release EKS upgrades a cluster with support `STANDARD` by itself, and bills
        one with `EXTENDED` six times as much (EKS User Guide, "Understand the Kubernetes version lifecycle"). One that
        matters costs more rather than change at a time that nobody chose.
        """
        resource = cluster.node.default_child
        if not isinstance(resource, aws_eks_v2.CfnCluster):
            message = f"{cluster.node.path} has no AWS::EKS::Cluster"
            raise TypeError(message)
        resource.deletion_protection = retained
        resource.upgrade_policy = aws_eks_v2.CfnCluster.UpgradePolicyProperty(
            support_type="EXTENDED" if retained else "STANDARD"
        )
        # Lets operators take a zone out that is in trouble; it costs nothing until then.
        resource.zonal_shift_config = aws_eks_v2.CfnCluster.ZonalShiftConfigProperty(enabled=True)
        if self._clusters.public_endpoint_cidrs:
            acknowledge(
                cluster,
                {
                    "AwsSolutions::AwsSolutions-EKS1": "reachable from the blocks that the environment names"
                    " (eks.public_endpoint_cidrs), which cannot be all addresses"
                },
            )

    def _create_nodes(self, encryption_key: aws_kms.IKey) -> IDependable:
        if self._on_auto_mode:
            return AutoModeNodes(
                self,
                "Nodes",
                cluster=self.cluster,
                pools=self._clusters.node_pools,
                subnets=self._subnets,
                encryption_key=encryption_key,
                tags=self._tags,
            )
        add_ons = NodeAddOns(self, "NodeAddOns", cluster=self.cluster, versions=add_on_versions(self._clusters.version))
        nodes = NodeGroups(
            self,
            "Nodes",
            cluster=self.cluster,
            cluster_name=self.cluster_name,
            version=self._clusters.version,
            pools=self._clusters.node_pools,
            subnets=self._subnets,
            images=self._clusters.images,
            cluster_autoscaler_image=self._clusters.cluster_autoscaler_image,
            tags=self._tags,
        )
        nodes.node.add_dependency(add_ons)
        return nodes

    def _create_add_ons(self) -> AddOns:
        return AddOns(
            self,
            "AddOns",
            cluster=self.cluster,
            versions=add_on_versions(self._clusters.version),
            observability=ObservabilityRole(
                self, "ObservabilityRole", cluster_name=self.cluster_name, log_groups=self._logs.insights
            ),
            coredns=not self._on_auto_mode,
            nodes=self.nodes,
        )


def _accept_warnings_about_subnets(cluster: aws_eks_v2.Cluster) -> None:
    warnings = Annotations.of(cluster)
    warnings.acknowledge_warning(
        "@aws-cdk/aws-eks:isolatedSubnetsForKubectlPrivateSubnets",
        "the environment's rules ask for the endpoints that kubectl and the nodes need where there is no NAT",
    )
    warnings.acknowledge_warning(
        "@aws-cdk/aws-eks:clusterMustManuallyTagSubnet",
        "tags are for load balancers that a cluster makes; these are CloudFormation's, which is told their subnets",
    )
