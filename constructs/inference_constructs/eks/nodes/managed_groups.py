"""Managed node groups, for accounts that cannot use EKS Auto Mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import CfnTag, Tags, aws_ec2, aws_eks_v2, aws_iam
from constructs import Construct

from inference_constructs.config import Disk, NodePool, SupportImages
from inference_constructs.config.eks.cluster import USUAL_DISK
from inference_constructs.config.eks.node_capacity import disk_for_pods
from inference_constructs.eks.addons.cluster_autoscaler import ClusterAutoscaler
from inference_constructs.eks.common.labels import NODE_KIND
from inference_constructs.eks.common.node_labels import ACCELERATOR, POOL, Kind
from inference_constructs.eks.nodes.device_plugins import DevicePlugins
from inference_constructs.eks.nodes.role import NodeRole

#: Nodes that are always there, over two zones: the Cluster Autoscaler and the add-ons need some before any is added.
_FEWEST = 2
#: By such tags of a group the autoscaler knows what a node of it would have while it has none. Without them it takes
#: the disk for 0 bytes, knows GPUs and no other device, and adds no node for a pod that asks for either
#: (kubernetes/autoscaler, cloudprovider/aws/README.md, "Auto-Discovery Setup").
_RESOURCE_TAG = "k8s.io/cluster-autoscaler/node-template/resources"
_SPOT = 100
_MEBIBYTES = 1024


@dataclass(frozen=True, kw_only=True)
class _Size:
    """The one instance size of a node group: the Cluster Autoscaler takes all nodes of a group for equal.

    Attributes:
        name: As in an instance type.
        vcpus: Its vCPUs.
        accelerators: Its GPUs or Inferentia devices.
    """

    name: str
    vcpus: int
    accelerators: int = 0


_SIZES: dict[Kind, _Size] = {
    "cpu": _Size(name="2xlarge", vcpus=8),
    "gpu": _Size(name="xlarge", vcpus=4, accelerators=1),
    "inferentia": _Size(name="xlarge", vcpus=4, accelerators=1),
}
#: Families whose instances of a size are alike, in memory too.
_FAMILIES = {
    ("cpu", "x86_64"): ("m7i", "m7a", "m6i", "m6a"),
    ("cpu", "arm64"): ("m8g", "m7g", "m6g"),
    ("gpu", "x86_64"): ("g6", "g5"),
    ("inferentia", "x86_64"): ("inf2",),
}
_IMAGES = {
    ("cpu", "x86_64"): "AL2023_x86_64_STANDARD",
    ("cpu", "arm64"): "AL2023_ARM_64_STANDARD",
    ("gpu", "x86_64"): "AL2023_x86_64_NVIDIA",
    ("inferentia", "x86_64"): "AL2023_x86_64_NEURON",
}


class NodeGroups(Construct):
    """A managed node group for every node pool, and the Cluster Autoscaler that sizes them.

    EKS tags the groups' Auto Scaling groups for the autoscaler's discovery by itself (EKS User Guide, "Simplify node
    lifecycle with managed node groups"); the autoscaler learns labels and taints of an empty group from EKS.

    Their nodes' disks are under the account's own key for EBS, which is in no template: the role that starts the
    instances is Auto Scaling's, which may not exist before the first group does.

    One change is to be made at a quiet time: EKS takes all sizes of a group together, so that another `max_cpus` or
    `max_accelerators` sets the group back to its fewest nodes, from which the autoscaler starts over.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: aws_eks_v2.ICluster,
        cluster_name: str,
        version: str,
        pools: Sequence[NodePool],
        subnets: Sequence[aws_ec2.ISubnet],
        images: SupportImages,
        cluster_autoscaler_image: str,
        tags: Mapping[str, str],
    ) -> None:
        """Create the groups.

        Args:
            scope: The construct this belongs to.
            construct_id: Its id there.
            cluster: The cluster.
            cluster_name: Its name, by which the autoscaler finds the groups.
            version: Its version of Kubernetes, such as `1.35`, which the nodes follow.
            pools: A group each.
            subnets: Where the nodes are.
            images: What reports accelerators to Kubernetes.
            cluster_autoscaler_image: The Cluster Autoscaler, of the cluster's minor version or the one before.
            tags: Tags of instances and disks. EKS hands down no tag of a group: the launch template has them.
        """
        super().__init__(scope, construct_id)
        self._version = version
        role = NodeRole(self, "Role", network_plugin=True)
        all_tags = {"Name": cluster_name} | dict(tags)
        usual = self._create_launch_template("LaunchTemplate", all_tags, USUAL_DISK)
        first_cpu_pool = next((pool for pool in pools if pool.kind == "cpu"), None)
        for pool in pools:
            template = usual
            if pool.disk is not None:
                template = self._create_launch_template(f"LaunchTemplate-{pool.name}", all_tags, pool.disk)
            self._create_group(
                cluster, pool, role.role, template, subnets, fewest=_FEWEST if pool is first_cpu_pool else 0
            )
        DevicePlugins(self, "DevicePlugins", cluster=cluster, kinds={pool.kind for pool in pools}, images=images)
        ClusterAutoscaler(
            self, "Autoscaler", cluster=cluster, cluster_name=cluster_name, pools=pools, image=cluster_autoscaler_image
        )

    def _create_launch_template(
        self, construct_id: str, tags: Mapping[str, str], disk: Disk
    ) -> aws_ec2.CfnLaunchTemplate:
        template = aws_ec2.CfnLaunchTemplate
        return template(
            self,
            construct_id,
            launch_template_data=template.LaunchTemplateDataProperty(
                # One hop ends at the node: pods have roles of their own and cannot take the node's.
                metadata_options=template.MetadataOptionsProperty(
                    http_tokens="required", http_put_response_hop_limit=1
                ),
                block_device_mappings=[
                    template.BlockDeviceMappingProperty(
                        device_name="/dev/xvda",
                        ebs=template.EbsProperty(
                            volume_size=disk.gibibytes,
                            volume_type="gp3",
                            iops=disk.iops if disk is not USUAL_DISK else None,
                            throughput=disk.throughput if disk is not USUAL_DISK else None,
                            encrypted=True,
                            delete_on_termination=True,
                        ),
                    )
                ],
                tag_specifications=[
                    template.TagSpecificationProperty(
                        resource_type=kind, tags=[CfnTag(key=key, value=value) for key, value in tags.items()]
                    )
                    for kind in ("instance", "volume")
                ],
            ),
        )

    def _create_group(
        self,
        cluster: aws_eks_v2.ICluster,
        pool: NodePool,
        role: aws_iam.IRole,
        template: aws_ec2.CfnLaunchTemplate,
        subnets: Sequence[aws_ec2.ISubnet],
        *,
        fewest: int,
    ) -> None:
        group = aws_eks_v2.CfnNodegroup
        most = max(fewest, 1, _most_nodes(pool))
        resource = group(
            self,
            f"Group-{pool.name}",
            cluster_name=cluster.cluster_name,
            # Without it nothing of a group changes with the cluster's version, and its nodes stay behind.
            version=self._version,
            node_role=role.role_arn,
            subnets=[subnet.subnet_id for subnet in subnets],
            ami_type=_IMAGES[pool.kind, pool.architecture],
            capacity_type="SPOT" if pool.spot_percent == _SPOT else "ON_DEMAND",
            instance_types=instance_types(pool),
            labels={POOL: pool.name, NODE_KIND: pool.kind},
            taints=[group.TaintProperty(key=ACCELERATOR[pool.kind], value="true", effect="NO_SCHEDULE")]
            if pool.kind != "cpu"
            else None,
            launch_template=group.LaunchTemplateSpecificationProperty(
                id=template.ref, version=template.attr_latest_version_number
            ),
            # A group is made with all three or none of them (EKS API Reference, "NodegroupScalingConfig").
            scaling_config=group.ScalingConfigProperty(min_size=fewest, desired_size=fewest, max_size=most),
            update_config=group.UpdateConfigProperty(max_unavailable_percentage=pool.disruption.budget_percent),
            node_repair_config=group.NodeRepairConfigProperty(enabled=True),
        )
        Tags.of(resource).add("Name", pool.name)
        for name, amount in _resources_beside_cpu_and_memory(pool).items():
            Tags.of(resource).add(f"{_RESOURCE_TAG}/{name}", amount)


def _resources_beside_cpu_and_memory(pool: NodePool) -> dict[str, str]:
    devices = {} if pool.kind == "cpu" else {ACCELERATOR[pool.kind]: str(_SIZES[pool.kind].accelerators)}
    return {"ephemeral-storage": f"{disk_for_pods(pool) // _MEBIBYTES}Gi"} | devices


def instance_types(pool: NodePool) -> list[str]:
    """The instance types of a group: its one size, of the families that the environment names or of good ones."""
    families = pool.instance_families or _FAMILIES[pool.kind, pool.architecture]
    return [f"{family}.{_SIZES[pool.kind].name}" for family in families]


def _most_nodes(pool: NodePool) -> int:
    size = _SIZES[pool.kind]
    by_cpus = pool.max_cpus // size.vcpus
    if pool.max_accelerators is None:
        return by_cpus
    return min(by_cpus, pool.max_accelerators // size.accelerators)
