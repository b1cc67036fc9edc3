"""What the nodes of EKS Auto Mode have in common."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_ec2, aws_eks_v2, aws_iam, aws_kms
from constructs import Construct

from inference_constructs.eks.common.manifests import apply_manifest
from inference_constructs.eks.crds.node_class import ById, EphemeralStorage, NodeClass, NodeClassSpec

#: Name of the one NodeClass. `default` would be that of EKS's own node pools, which the cluster does without.
NODE_CLASS = "slipway"

#: Images with CUDA take about 10 GiB each, a model's volume 2 GiB unless a service asks for more.
_DISK = "100Gi"
#: What gp3 has at no extra cost (EBS User Guide, "General Purpose SSD volumes").
_IOPS = 3000
_MEBIBYTES_PER_SECOND = 125


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
        """
        super().__init__(scope, construct_id)
        spec = NodeClassSpec(
            role=role.role_name,
            subnet_selector_terms=[ById(id=subnet.subnet_id) for subnet in subnets],
            security_group_selector_terms=[ById(id=cluster.cluster_security_group_id)],
            network_policy="DefaultAllow",  # each service's namespace has a policy of its own
            network_policy_event_logs="Disabled",
            ephemeral_storage=EphemeralStorage(
                size=_DISK, iops=_IOPS, throughput=_MEBIBYTES_PER_SECOND, kms_key_id=encryption_key.key_arn
            ),
            tags=tags or None,
        )
        self.manifest = apply_manifest(
            self, "NodeClass", cluster=cluster, objects=[NodeClass(name=NODE_CLASS, spec=spec).manifest()]
        )
