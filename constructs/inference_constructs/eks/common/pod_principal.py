"""Who takes a role by EKS Pod Identity: the pods of one service account of one cluster."""

from aws_cdk import Stack, aws_iam
from constructs import IConstruct

_POD_IDENTITY = "pods.eks.amazonaws.com"


def pods_of(scope: IConstruct, *, cluster_name: str, namespace: str, service_account: str) -> aws_iam.PrincipalBase:
    """The principal of a role for pods.

    EKS passes all three as session tags (Amazon EKS User Guide, "Create IAM role with trust policy required by EKS Pod
    Identity"). Without them the role could be associated with whatever runs in any cluster.

    Args:
        scope: A construct of the cluster's account and region.
        cluster_name: The cluster.
        namespace: The pods' namespace.
        service_account: Their service account there.
    """
    cluster_arn = Stack.of(scope).format_arn(service="eks", resource="cluster", resource_name=cluster_name)
    conditions = {
        "StringEquals": {
            "aws:RequestTag/eks-cluster-arn": cluster_arn,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": service_account,
        }
    }
    return aws_iam.ServicePrincipal(_POD_IDENTITY, conditions=conditions).with_session_tags()
