"""The role by which EKS runs a cluster."""

from aws_cdk import Stack, aws_iam, aws_kms
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, wildcard_finding

#: What is tagged when Auto Mode starts a node (Karpenter, "CloudFormation", "AllowScopedEC2InstanceActionsWithTags").
_MADE_FOR_A_NODE = ("fleet", "instance", "launch-template", "network-interface", "spot-instances-request", "volume")
_OWN_CLUSTER = {"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}


class ClusterRole(Construct):
    """A role with AWS's own policies for clusters, the use of the environment's key, and tags for nodes.

    Attributes:
        role: The role.
        permissions: What to depend on to have in place what AWS's own policies lack, from before the cluster's first
            secret until after its last node.
    """

    def __init__(self, scope: Construct, construct_id: str, *, encryption_key: aws_kms.IKey, tags_nodes: bool) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            encryption_key: Encrypts Kubernetes secrets and, on Auto Mode, the nodes' disks.
            tags_nodes: Whether the cluster tags its nodes with more than EKS's own tags, as only Auto Mode does.
        """
        super().__init__(scope, construct_id)
        self.role = aws_iam.Role(
            self,
            "Resource",
            description="Assumed by EKS to run the cluster and, on Auto Mode, its nodes and load balancing",
            assumed_by=aws_iam.ServicePrincipal("eks.amazonaws.com"),
            managed_policies=[aws_iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKSClusterPolicy")],
        )
        key_policy = self._allow_use_of(encryption_key)
        self.permissions = (key_policy, self._allow_tags()) if tags_nodes else (key_policy,)
        reason = "what EKS does with the role is AWS's to know; its user guide asks for this policy"
        acknowledge(
            self.role,
            {
                f"AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{name}]": reason
                for name in _POLICIES
            },
        )

    def _allow_use_of(self, key: aws_kms.IKey) -> aws_iam.ManagedPolicy:
        """What the key's policy delegates to the account, this hands to the cluster.

        See the EKS User Guide, "Enable EBS Volume Encryption with Customer Managed KMS Keys for EKS Auto Mode", and,
        for secrets, "Encrypt Kubernetes secrets with KMS".
        """
        return aws_iam.ManagedPolicy(
            self,
            "KeyPolicy",
            description="Secrets and disks of a cluster under the environment's key",
            roles=[self.role],
            statements=[
                aws_iam.PolicyStatement(
                    actions=[
                        "kms:Decrypt",
                        "kms:DescribeKey",
                        "kms:Encrypt",
                        "kms:GenerateDataKey",
                        "kms:GenerateDataKeyWithoutPlaintext",
                        "kms:ListGrants",
                        "kms:ReEncryptFrom",
                        "kms:ReEncryptTo",
                    ],
                    resources=[key.key_arn],
                ),
                aws_iam.PolicyStatement(
                    actions=["kms:CreateGrant", "kms:RevokeGrant"],
                    resources=[key.key_arn],
                    conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
                ),
            ],
        )

    def _allow_tags(self) -> aws_iam.ManagedPolicy:
        """AWS's own policies allow no tags but EKS's, so that a NodeClass with another one would have no nodes.

        The statements are the EKS User Guide's ("Amazon EKS Auto Mode cluster IAM role", "Custom AWS tags for EKS Auto
        resources"), limited to what is made for a node, in this account and region. Those that the guide has for
        volumes that pods claim, for load balancers and for Shield are left out: nothing here has Auto Mode make them.
        """
        policy = aws_iam.ManagedPolicy(
            self,
            "TagPolicy",
            description="The environment's tags on nodes of EKS Auto Mode",
            roles=[self.role],
            statements=[
                aws_iam.PolicyStatement(
                    actions=["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"],
                    resources=[self._any(kind) for kind in _MADE_FOR_A_NODE],
                    conditions={
                        "StringEquals": _OWN_CLUSTER,
                        "StringLike": {
                            "aws:RequestTag/eks:kubernetes-node-class-name": "*",
                            "aws:RequestTag/eks:kubernetes-node-pool-name": "*",
                        },
                    },
                ),
                aws_iam.PolicyStatement(
                    actions=["ec2:CreateNetworkInterface"],
                    resources=[self._any("network-interface")],
                    conditions={
                        "StringEquals": _OWN_CLUSTER,
                        "StringLike": {"aws:RequestTag/eks:kubernetes-cni-node-name": "*"},
                    },
                ),
            ],
        )
        reason = "EC2 gives them their ids; EKS's own tags limit them to what is made for this cluster's nodes"
        acknowledge(policy, {wildcard_finding(self, "ec2", f"{kind}/*"): reason for kind in _MADE_FOR_A_NODE})
        return policy

    def _any(self, kind: str) -> str:
        return Stack.of(self).format_arn(service="ec2", resource=kind, resource_name="*")


#: The last four are for Auto Mode, and added to the role by the CDK.
_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
