"""Everything that EKS Auto Mode needs to have nodes: their role, their NodeClass, their NodePools."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2, aws_eks_v2, aws_kms
from cdk8s_plus_33 import k8s
from constructs import Construct

from inference_constructs.config import NodePool
from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest, apply_manifest
from inference_constructs.eks.nodes.node_class import NodeClassManifest, node_class_of
from inference_constructs.eks.nodes.node_pools import karpenter_node_pools
from inference_constructs.eks.nodes.role import NodeRole


class AutoModeNodes(Construct):
    """Nodes that EKS adds and removes as pods need them.

    EKS's own pools `system` and `general-purpose` are off: they would take add-ons to nodes outside of our limits,
    disks' key and subnets. The environment's pools of kind cpu take everything that asks for nothing special.

    What makes nodes depends on what they need to live: node pools go first on destruction, then the NodeClass, the
    access entry, the role. What needs nodes depends on this construct.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        pools: Sequence[NodePool],
        subnets: Sequence[aws_ec2.ISubnet],
        encryption_key: aws_kms.IKey,
        tags: Mapping[str, str],
    ) -> None:
        """Create the manifests.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            pools: The nodes that it may have.
            subnets: Where they are.
            encryption_key: Encrypts their disks.
            tags: Tags of instances and disks.
        """
        super().__init__(scope, construct_id)
        role = NodeRole(self, "Role", network_plugin=False)
        entry = role.admit_to(cluster)
        usual = NodeClassManifest(
            self, "Class", cluster=cluster, role=role.role, subnets=subnets, encryption_key=encryption_key, tags=tags
        )
        usual.node.add_dependency(entry)
        policies = apply_manifest(
            self, "NetworkPolicies", cluster=cluster, objects=[_network_policy_switch()], overwrite=True
        )
        for pool in pools:
            node_class = usual
            if pool.disk is not None:
                node_class = NodeClassManifest(
                    self,
                    f"Class-{pool.name}",
                    cluster=cluster,
                    role=role.role,
                    subnets=subnets,
                    encryption_key=encryption_key,
                    tags=tags,
                    name=node_class_of(pool),
                    disk=pool.disk,
                )
                node_class.node.add_dependency(entry)
            for karpenter_pool in karpenter_node_pools(pool):
                manifest = apply_manifest(
                    self, f"Pool-{karpenter_pool.name}", cluster=cluster, objects=[karpenter_pool.manifest()]
                )
                manifest.node.add_dependency(node_class, policies)


def _network_policy_switch() -> Manifest:
    """Without it Auto Mode has NetworkPolicies do nothing (EKS User Guide, "Use Network Policies with Auto Mode")."""
    switch: Manifest = k8s.KubeConfigMap.manifest(
        metadata=k8s.ObjectMeta(name="amazon-vpc-cni", namespace="kube-system", labels={MANAGED_BY: SLIPWAY}),
        data={"enable-network-policy-controller": "true"},
    )
    return switch
