"""What a service needs to know of the cluster that it runs on."""

from dataclasses import dataclass

from aws_cdk import aws_ec2, aws_eks_v2

from inference_constructs.eks.common.contract import NodeMode


@dataclass(frozen=True, kw_only=True)
class ClusterHandle:
    """A cluster with everything that services on it refer to. `InferenceCluster.handle` is one.

    Attributes:
        cluster: The cluster.
        cluster_name: Its name as a literal, for what names the cluster without a reference to its stack.
        rollout_token: The service token of its `RolloutWatch`, which waits for Deployments.
        nodes: Who adds nodes.
        vpc: The network of the cluster and of its services' load balancers.
        vpc_cidr: The VPC's IPv4 block as a literal: its load balancers' addresses, and by default who may call.
    """

    cluster: aws_eks_v2.ICluster
    cluster_name: str
    rollout_token: str
    nodes: NodeMode
    vpc: aws_ec2.IVpc
    vpc_cidr: str
