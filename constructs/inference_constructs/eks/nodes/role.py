"""The role of a cluster's nodes."""

from aws_cdk import aws_eks_v2, aws_iam
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge

_POLICIES = ("AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")
#: EKS User Guide, "Create a Node Class for Amazon EKS": what a node of Auto Mode may do in the cluster.
_AUTO_NODE = "arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy"


class NodeRole(Construct):
    """What nodes may do in AWS: join their cluster and pull images. Pods have roles of their own.

    Attributes:
        role: The role.
    """

    def __init__(self, scope: Construct, construct_id: str, *, network_plugin: bool) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            network_plugin: Whether pods' addresses are assigned by a plugin on the nodes, with the nodes' rights, as on
                managed node groups. Auto Mode assigns them itself.
        """
        super().__init__(scope, construct_id)
        names = (*_POLICIES, "AmazonEKS_CNI_Policy") if network_plugin else _POLICIES
        self.role = aws_iam.Role(
            self,
            "Resource",
            description="Nodes of a cluster: join it and pull images",
            assumed_by=aws_iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[aws_iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in names],
        )
        acknowledge(
            self.role,
            {
                f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]": "the least"
                " that the EKS User Guide names for nodes; AWS keeps it in step with what its agents call"
                for name in names
            },
        )

    def admit_to(self, cluster: aws_eks_v2.ICluster) -> aws_eks_v2.CfnAccessEntry:
        """Let nodes with this role join a cluster on Auto Mode, where a NodeClass names it."""
        return aws_eks_v2.CfnAccessEntry(
            self,
            "AccessEntry",
            cluster_name=cluster.cluster_name,
            principal_arn=self.role.role_arn,
            type="EC2",
            access_policies=[
                aws_eks_v2.CfnAccessEntry.AccessPolicyProperty(
                    policy_arn=_AUTO_NODE.format(partition=cluster.stack.partition),
                    access_scope=aws_eks_v2.CfnAccessEntry.AccessScopeProperty(type="cluster"),
                )
            ],
        )
