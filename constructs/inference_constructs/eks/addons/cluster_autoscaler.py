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
from inference_constructs.eks.common.pod_role import PodRole, ServiceAccount, create_pod_role

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
        role = self._create_role(cluster, cluster_name)
        rights = apply_manifest(self, "Rights", cluster=cluster, objects=autoscaler_rights())
        deployment = autoscaler_deployment(
            image=image,
            region=Stack.of(self).region,
            discovery=f"asg:tag={_TAGS}/enabled,{_TAGS}/{cluster_name}",
            pools=pools,
        )
        pods = apply_manifest(self, "Pods", cluster=cluster, objects=[deployment, autoscaler_disruption_budget()])
        pods.node.add_dependency(rights, role.association, role.policy)  # a pod gets its role when it is made, or never

    def _create_role(self, cluster: aws_eks_v2.ICluster, cluster_name: str) -> PodRole:
        role = create_pod_role(
            self,
            account=ServiceAccount(cluster_name=cluster_name, namespace=NAMESPACE, name=SERVICE_ACCOUNT),
            cluster=cluster,
            descriptions=(
                f"The Cluster Autoscaler of {cluster_name}",
                f"Sees node groups, and sizes those of {cluster_name}",
            ),
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
            role.policy,
            {
                "AwsSolutions::AwsSolutions-IAM5[Resource::*]": "the Describe actions cannot be limited to resources;"
                " EKS names the Auto Scaling groups, so what changes them is limited by the cluster's tags",
                wildcard_finding(
                    self, "eks", f"nodegroup/{cluster_name}/*/*"
                ): "reads this cluster's node groups, which EKS gives an id each",
            },
        )
        return role
