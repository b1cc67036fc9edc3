"""The Cluster Autoscaler: sizes managed node groups by the pods that find no room, and by the room that finds no pods.

Permissions in AWS follow "Cluster Autoscaler on AWS" (kubernetes/autoscaler), those in Kubernetes its chart.
"""

from collections.abc import Sequence

from aws_cdk import Stack, aws_eks_v2, aws_iam
from constructs import Construct

from inference_constructs.common.acknowledge import acknowledge, wildcard_finding
from inference_constructs.config import NodePool
from inference_constructs.eks.addons.cluster_autoscaler_manifests import (
    NAMESPACE,
    SERVICE_ACCOUNT,
    autoscaler_deployment,
    autoscaler_disruption_budget,
    autoscaler_rights,
)
from inference_constructs.eks.common.manifests import apply_manifest
from inference_constructs.eks.common.pod_principal import pods_of

_TAGS = "k8s.io/cluster-autoscaler"


class ClusterAutoscaler(Construct):
    """Its pods, what they may do in the cluster, and a role that may size this cluster's groups only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        cluster_name: str,
        pools: Sequence[NodePool],
        image: str,
    ) -> None:
        """Create the autoscaler.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            cluster_name: Its name, in the tags of its groups.
            pools: Whose settings it follows.
            image: What runs.
        """
        super().__init__(scope, construct_id)
        role, policy = self._create_role(cluster_name)
        identity = aws_eks_v2.CfnPodIdentityAssociation(
            self,
            "Identity",
            cluster_name=cluster.cluster_name,
            namespace=NAMESPACE,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.role_arn,
        )
        rights = apply_manifest(self, "Rights", cluster=cluster, objects=autoscaler_rights())
        deployment = autoscaler_deployment(
            image=image,
            region=Stack.of(self).region,
            discovery=f"asg:tag={_TAGS}/enabled,{_TAGS}/{cluster_name}",
            pools=pools,
        )
        pods = apply_manifest(self, "Pods", cluster=cluster, objects=[deployment, autoscaler_disruption_budget()])
        pods.node.add_dependency(rights, identity, policy)  # a pod gets its role when it is made, or never

    def _create_role(self, cluster_name: str) -> tuple[aws_iam.Role, aws_iam.ManagedPolicy]:
        role = aws_iam.Role(
            self,
            "Role",
            description=f"The Cluster Autoscaler of {cluster_name}",
            assumed_by=pods_of(self, cluster_name=cluster_name, namespace=NAMESPACE, service_account=SERVICE_ACCOUNT),
        )
        policy = aws_iam.ManagedPolicy(
            self,
            "Policy",
            description=f"Sees node groups, and sizes those of {cluster_name}",
            roles=[role],
            statements=[
                aws_iam.PolicyStatement(
                    actions=[
                        "autoscaling:DescribeAutoScalingGroups",
                        "autoscaling:DescribeAutoScalingInstances",
                        "autoscaling:DescribeLaunchConfigurations",
                        "autoscaling:DescribeScalingActivities",
                        "autoscaling:DescribeTags",
                        "ec2:DescribeImages",
                        "ec2:DescribeInstanceTypes",
                        "ec2:DescribeLaunchTemplateVersions",
                        "ec2:GetInstanceTypesFromInstanceRequirements",
                    ],
                    resources=["*"],
                ),
                aws_iam.PolicyStatement(
                    actions=["eks:DescribeNodegroup"],
                    resources=[
                        Stack.of(self).format_arn(
                            service="eks", resource="nodegroup", resource_name=f"{cluster_name}/*/*"
                        )
                    ],
                ),
                aws_iam.PolicyStatement(
                    actions=["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                    resources=["*"],
                    conditions={
                        "StringEquals": {
                            f"aws:ResourceTag/{_TAGS}/enabled": "true",
                            f"aws:ResourceTag/{_TAGS}/{cluster_name}": "owned",
                        }
                    },
                ),
            ],
        )
        acknowledge(
            policy,
            {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "the Describe actions cannot be limited to resources;"
                " EKS names the Auto Scaling groups, so what changes them is limited by the cluster's tags",
                wildcard_finding(
                    self, "eks", f"nodegroup/{cluster_name}/*/*"
                ): "reads this cluster's node groups, which EKS gives an id each",
            },
        )
        return role, policy
