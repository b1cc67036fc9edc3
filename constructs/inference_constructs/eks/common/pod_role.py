"""Roles that pods have by EKS Pod Identity: whoever runs as one service account of one cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack, aws_eks_v2, aws_iam
from constructs import Construct

_POD_IDENTITY = "pods.eks.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """A Kubernetes service account. It need not exist yet.

    Attributes:
        cluster_name: Its cluster.
        namespace: Its namespace there.
        name: Its name.
    """

    cluster_name: str
    namespace: str
    name: str

    def create_role(self, scope: Construct, construct_id: str, *, description: str) -> aws_iam.Role:
        """Create a role that only pods of this service account may assume.

        EKS passes all three names as session tags (Amazon EKS User Guide, "Create IAM role with trust policy required
        by EKS Pod Identity"). Without them the role could be associated with whatever runs in any cluster.

        Args:
            scope: A construct of the cluster's account and region.
            construct_id: The role's id there.
            description: What the role is for.
        """
        cluster_arn = Stack.of(scope).format_arn(service="eks", resource="cluster", resource_name=self.cluster_name)
        conditions = {
            "StringEquals": {
                "aws:RequestTag/eks-cluster-arn": cluster_arn,
                "aws:RequestTag/kubernetes-namespace": self.namespace,
                "aws:RequestTag/kubernetes-service-account": self.name,
            }
        }
        pods = aws_iam.ServicePrincipal(_POD_IDENTITY, conditions=conditions).with_session_tags()
        return aws_iam.Role(scope, construct_id, description=description, assumed_by=pods)

    def associate(
        self, scope: Construct, construct_id: str, *, role: aws_iam.IRole, cluster: aws_eks_v2.ICluster | None = None
    ) -> aws_eks_v2.CfnPodIdentityAssociation:
        """Give pods of this service account the role. A pod gets it when it is created, or never.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            role: The role.
            cluster: The cluster, where it is in the same stack and has to be there first. Default: it is there.
        """
        return aws_eks_v2.CfnPodIdentityAssociation(
            scope,
            construct_id,
            cluster_name=cluster.cluster_name if cluster else self.cluster_name,
            namespace=self.namespace,
            service_account=self.name,
            role_arn=role.role_arn,
        )


@dataclass(frozen=True, kw_only=True)
class PodRole:
    """What an add-on's pods may do in AWS.

    Attributes:
        policy: The role's permissions.
        association: What gives the role to the pods. Pods have to wait for both.
    """

    policy: aws_iam.ManagedPolicy
    association: aws_eks_v2.CfnPodIdentityAssociation


def create_pod_role(
    scope: Construct,
    *,
    account: ServiceAccount,
    cluster: aws_eks_v2.ICluster,
    descriptions: tuple[str, str],
    statements: Sequence[aws_iam.PolicyStatement],
) -> PodRole:
    """Create the role of an add-on with its policy and its association, as `Role`, `Policy` and `Identity`.

    Args:
        scope: The construct they belong to.
        account: Whose pods they are.
        cluster: The cluster, of the same stack.
        descriptions: What the role is for, and what the policy allows.
        statements: The permissions.
    """
    of_role, of_policy = descriptions
    role = account.create_role(scope, "Role", description=of_role)
    policy = aws_iam.ManagedPolicy(scope, "Policy", description=of_policy, roles=[role], statements=statements)
    return PodRole(policy=policy, association=account.associate(scope, "Identity", role=role, cluster=cluster))
