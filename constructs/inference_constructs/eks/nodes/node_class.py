"""What the nodes of EKS Auto Mode have in common, or those of a pool with a disk of its own."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2, aws_eks_v2, aws_iam, aws_kms
from constructs import Construct

from inference_constructs.config import Disk, NodePool
from inference_constructs.config.eks.cluster import USUAL_DISK
from inference_constructs.eks.common.manifests import apply_manifest
from inference_constructs.eks.crds.node_class import ById, EphemeralStorage, NodeClass, NodeClassSpec

#: Name of the NodeClass of pools with the usual disk. `default` would be that of EKS's own node pools, which the
#: cluster does without.
NODE_CLASS = "slipway"


def node_class_of(pool: NodePool) -> str:
    """The name of a pool's NodeClass: the usual one, or its own if its nodes have a disk of their own."""
    return NODE_CLASS if pool.disk is None else f"{NODE_CLASS}-{pool.name}"


class NodeClassManifest(Construct):
    """The NodeClass: private subnets, the cluster's security group, disks under the environment's key.

    Attributes:
        manifest: What node pools depend on.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        role: aws_iam.IRole,
        subnets: Sequence[aws_ec2.ISubnet],
        encryption_key: aws_kms.IKey,
        tags: Mapping[str, str],
        name: str = NODE_CLASS,
        disk: Disk = USUAL_DISK,
    ) -> None:
        """Create the manifest.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            role: The nodes' role. It is named here since the cluster, having no node pools of EKS's own, knows none.
            subnets: Where the nodes are.
            encryption_key: Encrypts their disks.
            tags: Tags of instances and disks, which no tag of a stack reaches: EKS makes them, not CloudFormation.
            name: Its name in the cluster. Default: that of all pools with the usual disk.
            disk: The nodes' disk. Default: 100 GiB, as fast as costs nothing extra.
        """
        super().__init__(scope, construct_id)
        spec = NodeClassSpec(
            role=role.role_name,
            subnet_selector_terms=[ById(id=subnet.subnet_id) for subnet in subnets],
            security_group_selector_terms=[ById(id=cluster.cluster_security_group_id)],
            network_policy="DefaultAllow",  # each service's namespace has a policy of its own
            network_policy_event_logs="Disabled",
            ephemeral_storage=EphemeralStorage(
                size=disk.size, iops=disk.iops, throughput=disk.throughput, kms_key_id=encryption_key.key_arn
            ),
            tags=tags or None,
        )
        self.manifest = apply_manifest(
            self, "NodeClass", cluster=cluster, objects=[NodeClass(name=name, spec=spec).manifest()]
        )
