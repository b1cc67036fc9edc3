"""The role by which EKS runs a cluster."""

from aws_cdk import aws_iam, aws_kms
from constructs import Construct

from inference_constructs.acknowledge import acknowledge


class ClusterRole(Construct):
    """A role with AWS's own policies for clusters, and the use of the environment's key.

    Attributes:
        role: The role.
        permissions: What to depend on to have the use of the key in place, from before the cluster's first secret until
            after its last node.
    """

    def __init__(self, scope: Construct, construct_id: str, *, encryption_key: aws_kms.IKey) -> None:
        """Create the role.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            encryption_key: Encrypts Kubernetes secrets and, on Auto Mode, the nodes' disks.
        """
        super().__init__(scope, construct_id)
        self.role = aws_iam.Role(
            self,
            "Resource",
            description="Assumed by EKS to run the cluster and, on Auto Mode, its nodes and load balancing",
            assumed_by=aws_iam.ServicePrincipal("eks.amazonaws.com"),
            managed_policies=[aws_iam.ManagedPolicy.from_aws_managed_policy_name("AmazonEKSClusterPolicy")],
        )
        self.permissions = self._allow_use_of(encryption_key)
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


#: The last four are for Auto Mode, and added to the role by the CDK.
_POLICIES = (
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
