"""The clusters of an environment: version, who may see them, the nodes they may have."""

import re
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from inference_constructs.config.eks.load_balancer import LoadBalancer, check_block
from inference_constructs.config.eks.quantities import Bytes, Cpu, mebibytes, millicores
from inference_constructs.config.models.base import ConfigModel, Items, RuleError, check_each_once
from inference_constructs.config.models.image import Image
from inference_constructs.config.models.instance_types import Architecture
from inference_constructs.config.models.network import NEVER_IN_A_VPC

#: Kubernetes versions that the CDK, its kubectl layer (1.35, one minor version either way) and `preStop.sleep` (stable
#: from 1.34) have in common.
KubernetesVersion = Literal["1.34", "1.35", "1.36"]
PoolName = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=30)]
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+")
_ALL = 100
#: Reserved addresses (EKS User Guide, "Cluster API server endpoint"), but for those that are there for examples.
_NOT_ON_THE_INTERNET = tuple(
    IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", *NEVER_IN_A_VPC)
)
#: The Cluster Autoscaler for each version of Kubernetes: of its minor version where that is known here.
_CLUSTER_AUTOSCALERS: dict[KubernetesVersion, str] = {"1.34": "v1.34.0", "1.35": "v1.35.0", "1.36": "v1.35.0"}
_KUBERNETES_TAG = re.compile(r":v?1\.(?P<minor>\d+)\.\d+")
_GIB = 1024
_SMALLEST_DISK_GIB, _LARGEST_DISK_GIB = 20, 16_384
_FAMILY = re.compile(r"[a-z]{1,4}\d{1,2}[a-z0-9-]*")


class Disruption(ConfigModel):
    """When the node pool may take a node away to save money."""

    consolidate: Literal["when_empty", "when_underutilized"] = Field(
        default="when_empty", description="only nodes without pods, or also those whose pods fit elsewhere"
    )
    after_s: Annotated[int, Field(ge=0, le=86_400)] = Field(
        default=300, description="seconds for which that must hold, 0 to 86400"
    )
    budget_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=10, description="most nodes to take away at once, in percent, 1 to 100"
    )


class Disk(ConfigModel):
    """A node's EBS volume for images, logs and models: gp3."""

    size: Bytes = Field(description="its size, from 20Gi: 500Gi")
    iops: Annotated[int, Field(ge=3000, le=16_000)] = Field(
        default=3000, description="operations per second, 3000 to 16000; up to 500 for each GiB"
    )
    throughput: Annotated[int, Field(ge=125, le=1000)] = Field(
        default=125, description="MiB per second, 125 to 1000; up to a quarter of iops"
    )

    @property
    def gibibytes(self) -> int:
        """Its size in whole GiB."""
        return mebibytes("size", self.size) // _GIB

    @property
    def mebibytes_for_pods(self) -> int:
        """What pods may take of it: the kubelet evicts below a tenth, and keeps 2 GiB for the system and itself."""
        return max(0, self.gibibytes * _GIB * 9 // 10 - 2 * _GIB)

    @model_validator(mode="after")
    def _validate_gp3(self) -> Self:
        """EBS User Guide, "General Purpose SSD volumes"."""
        if mebibytes("size", self.size) % _GIB or not _SMALLEST_DISK_GIB <= self.gibibytes <= _LARGEST_DISK_GIB:
            accepted = f"whole GiB, from {_SMALLEST_DISK_GIB}Gi to {_LARGEST_DISK_GIB}Gi"
            raise RuleError("size", self.size, accepted=accepted)
        if self.iops > 500 * self.gibibytes:
            raise RuleError("iops", self.iops, accepted=f"up to {500 * self.gibibytes}, 500 for each GiB")
        if self.throughput > self.iops // 4:
            raise RuleError("throughput", self.throughput, accepted=f"up to {self.iops // 4}, a quarter of iops")
        return self


#: Images with CUDA take about 10 GiB each, a model's volume 2 GiB unless a service asks for more. What gp3 has at no
#: extra cost.
USUAL_DISK = Disk(size="100Gi")


class InstanceVcpus(ConfigModel):
    """Which sizes of instance a node pool may add, by their vCPUs."""

    min: Annotated[int, Field(ge=2, le=192)] = Field(
        default=2, description="vCPUs of the smallest instance, 2 to 192; a large has 2"
    )
    max: Annotated[int, Field(ge=2, le=192)] = Field(
        description="vCPUs of the largest instance, 2 to 192: a node that fails takes its pods along"
    )

    @model_validator(mode="after")
    def _validate_order(self) -> Self:
        if self.min > self.max:
            raise RuleError("min", self.min, accepted=f"at most max, which is {self.max}")
        return self


_USUAL_VCPUS = InstanceVcpus(max=32)


class NodePool(ConfigModel):
    """Nodes of one kind, added and removed as pods need them."""

    name: PoolName = Field(description="1 to 30 lower-case letters, digits and single hyphens, starting with a letter")
    kind: Literal["cpu", "gpu", "inferentia"] = Field(
        default="cpu", description="what the nodes have: cpu, gpu (NVIDIA) or inferentia"
    )
    architecture: Architecture = Field(default="x86_64", description="x86_64 or arm64")
    instance_families: Items[str] = Field(
        default=(),
        description="EC2 instance families to choose from, such as [c7i, m7i]; good ones for the kind unless given",
    )
    instance_vcpus: InstanceVcpus | None = Field(
        default=None,
        description="sizes of instance by vCPUs, with auto_mode: {min: 8, max: 16}; 2 to 32 in a cpu pool unless given",
    )
    spot_percent: Annotated[int, Field(ge=0, le=100, multiple_of=20)] = Field(
        default=0, description="share of a service's pods on spot capacity: 0, 20, 40, 60, 80 or 100"
    )
    max_cpus: Annotated[int, Field(ge=2, le=100_000)] = Field(
        default=256, description="most vCPUs of all nodes together: the upper bound of what they can cost"
    )
    max_accelerators: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="most GPUs or Inferentia devices of all nodes together; needed for such a pool"
    )
    disk: Disk | None = Field(
        default=None, description="the nodes' disk: {size: 500Gi, iops: 6000, throughput: 500}; 100Gi unless given"
    )
    disruption: Disruption = Field(default=Disruption(), description="when nodes may be taken away")

    @property
    def vcpus_of_a_node(self) -> InstanceVcpus | None:
        """The sizes that Auto Mode may take; None for all, as pools of accelerators have unless they name some.

        Karpenter puts all pods of a burst on the fewest and largest nodes that it may take, and takes whichever
        costs least.
        """
        return self.instance_vcpus or (_USUAL_VCPUS if self.kind == "cpu" else None)

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        if self.kind != "cpu" and self.max_accelerators is None:
            raise RuleError(
                "max_accelerators", None, accepted=f"a whole number, the most devices that a {self.kind} pool may have"
            )
        if self.kind == "cpu" and self.max_accelerators is not None:
            raise RuleError("max_accelerators", self.max_accelerators, accepted="none in a cpu pool")
        if self.kind != "cpu" and self.architecture == "arm64":
            raise RuleError("architecture", self.architecture, accepted=f"x86_64 in a {self.kind} pool")
        for family in self.instance_families:
            if not _FAMILY.fullmatch(family):
                raise RuleError(
                    "instance_families", family, accepted="EC2 instance families such as c7i, without a size"
                )
        return self


class Headroom(ConfigModel):
    """Room that is kept free by pods that do nothing and give way at once, so that a burst does not wait for a node."""

    pods: Annotated[int, Field(ge=1, le=1000)] = Field(description="how many, 1 to 1000")
    cpu: Cpu = Field(description='cores that each keeps free: "2"')
    memory: Bytes = Field(description="memory that each keeps free: 4Gi")
    architecture: Architecture | None = Field(
        default=None, description="for which pods: x86_64 or arm64; needed where node_pools of kind cpu have both"
    )

    @property
    def cpu_millicores(self) -> int:
        """What each keeps free, in thousandths of a core."""
        return millicores("cpu", self.cpu)

    @property
    def memory_mebibytes(self) -> int:
        """What each keeps free, in MiB."""
        return mebibytes("memory", self.memory)

    @property
    def processor(self) -> Architecture:
        """The nodes' processor. Only clusters without arm64 leave it unsaid, and each has a pool of x86_64."""
        return self.architecture or "x86_64"

    @model_validator(mode="after")
    def _quantities(self) -> Self:
        millicores("cpu", self.cpu)
        mebibytes("memory", self.memory)
        return self


class SupportImages(ConfigModel):
    """Images of what runs beside the models; nodes without a way to the internet need copies in your own ECR."""

    prometheus: str = Field(default="quay.io/prometheus/prometheus:v3.5.0", description="Prometheus, with its tag")
    prometheus_adapter: str = Field(
        default="registry.k8s.io/prometheus-adapter/prometheus-adapter:v0.12.0",
        description="its adapter for the autoscaler",
    )
    cluster_autoscaler: str | None = Field(
        default=None,
        description="for managed node groups, of the cluster's minor version or the one before, which it is by default",
    )
    load_balancer_controller: str = Field(
        default="public.ecr.aws/eks/aws-load-balancer-controller:v3.5.0",
        description="AWS Load Balancer Controller, for managed node groups",
    )
    nvidia_device_plugin: str = Field(
        default="nvcr.io/nvidia/k8s-device-plugin:v0.17.4", description="for GPU pools of managed node groups"
    )
    neuron_device_plugin: str = Field(
        default="public.ecr.aws/neuron/neuron-device-plugin:2.24.23.0",
        description="for Inferentia pools of managed node groups",
    )
    pause: str = Field(default="registry.k8s.io/pause:3.10.1", description="what keeps headroom free")


class Clusters(ConfigModel):
    """The EKS clusters of an environment."""

    version: KubernetesVersion = Field(default="1.35", description="Kubernetes version: 1.34, 1.35 or 1.36")
    cells: Annotated[int, Field(ge=1, le=10)] = Field(
        default=1, description="how many identical clusters share the traffic, each with its load balancers, 1 to 10"
    )
    drained_cells: Items[int] = Field(default=(), description="cells that get no traffic, by number from 1")
    nodes: Literal["auto_mode", "managed_node_groups"] = Field(
        default="auto_mode",
        description="who adds nodes: auto_mode, or managed_node_groups by the Cluster Autoscaler",
    )
    node_pools: Items[NodePool] = Field(
        default=(NodePool(name="cpu"),), description="the nodes that the cluster may have: [{name: cpu}]"
    )
    headroom: Headroom | None = Field(default=None, description='room kept free: {pods: 1, cpu: "2", memory: 4Gi}')
    public_endpoint_cidrs: Items[str] = Field(
        default=(), description="IPv4 blocks that may reach the Kubernetes API over the internet; none unless given"
    )
    control_plane_tier: Literal["standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"] = Field(
        default="standard", description="provisioned control plane for large clusters: tier-xl to tier-8xl, billed"
    )
    admins: Items[str] = Field(default=(), description="ARNs of IAM roles that may do everything in the cluster")
    viewers: Items[str] = Field(default=(), description="ARNs of IAM roles that may look at everything but secrets")
    load_balancer: LoadBalancer = Field(description="how callers reach the services: {domain_name: …, …}")
    loader_image: Image = Field(
        default=Image(build="serving"), description="the image whose `fetch` loads models from S3 into the pods"
    )
    images: SupportImages = Field(default=SupportImages(), description="images of what runs beside the models")

    @property
    def cluster_autoscaler_image(self) -> str:
        """The image of the Cluster Autoscaler."""
        usual = f"registry.k8s.io/autoscaling/cluster-autoscaler:{_CLUSTER_AUTOSCALERS[self.version]}"
        return self.images.cluster_autoscaler or usual

    @model_validator(mode="after")
    def _validate_cross_fields(self) -> Self:
        self._check_node_pools()
        self._check_cluster_autoscaler()
        self._check_headroom()
        for block in self.public_endpoint_cidrs:
            check_block("public_endpoint_cidrs", block)
            if block.endswith("/0"):
                raise RuleError("public_endpoint_cidrs", block, accepted="the blocks of your own network, not all")
            if any(IPv4Network(block).overlaps(reserved) for reserved in _NOT_ON_THE_INTERNET):
                accepted = "public addresses, by which the internet knows your network; EKS refuses private ones"
                raise RuleError("public_endpoint_cidrs", block, accepted=accepted)
        self._check_principals()
        wrong = [cell for cell in self.drained_cells if not 1 <= cell <= self.cells]
        if wrong or len(set(self.drained_cells)) == self.cells:
            accepted = f"numbers from 1 to cells, which is {self.cells}, and one cell left to take the traffic"
            raise RuleError("drained_cells", list(self.drained_cells), accepted=accepted)
        if self.drained_cells and self.load_balancer.hosted_zone_id is None:
            accepted = "none without load_balancer.hosted_zone_id: cells are drained by its records"
            raise RuleError("drained_cells", list(self.drained_cells), accepted=accepted)
        return self

    def _check_node_pools(self) -> None:
        names = [pool.name for pool in self.node_pools]
        if not names or len(set(names)) != len(names):
            raise RuleError("node_pools", names, accepted="at least one node pool, each name once")
        if not any(pool.kind == "cpu" and pool.architecture == "x86_64" for pool in self.node_pools):
            accepted = "at least one pool of kind cpu and architecture x86_64, for what runs beside the models"
            raise RuleError("node_pools", names, accepted=accepted)
        for pool in self.node_pools:
            if self.nodes == "managed_node_groups" and 0 < pool.spot_percent < _ALL:
                accepted = "spot_percent 0 or 100 with managed_node_groups: a node group is all spot or none"
                raise RuleError("node_pools", pool.name, accepted=accepted)
            if self.nodes == "managed_node_groups" and pool.instance_vcpus is not None:
                accepted = "none with managed_node_groups: the nodes of a group have one size, 2xlarge or xlarge"
                raise RuleError("node_pools.instance_vcpus", pool.name, accepted=accepted)

    def _check_cluster_autoscaler(self) -> None:
        """It simulates the scheduler of its own minor version (kubernetes/autoscaler, "Releases")."""
        image = self.images.cluster_autoscaler
        tag = _KUBERNETES_TAG.search(image or "")
        if self.nodes != "managed_node_groups" or tag is None:
            return
        minor = int(self.version.partition(".")[2])
        if int(tag["minor"]) not in (minor, minor - 1):
            accepted = f"a tag of v1.{minor} or v1.{minor - 1}, as the cluster's version is {self.version}"
            raise RuleError("images.cluster_autoscaler", image, accepted=accepted)

    def _check_headroom(self) -> None:
        """Nodes of the wrong processor would be kept free: whichever are cheaper."""
        there = sorted({pool.architecture for pool in self.node_pools if pool.kind == "cpu"})
        if self.headroom is None or self.headroom.architecture in (there if len(there) > 1 else [None, *there]):
            return
        accepted = f"{' or '.join(there)}, which is what node_pools of kind cpu have"
        raise RuleError("headroom.architecture", self.headroom.architecture, accepted=accepted)

    def _check_principals(self) -> None:
        for key in ("admins", "viewers"):
            for arn in getattr(self, key):
                if not _PRINCIPAL.fullmatch(arn):
                    raise RuleError(key, arn, accepted="arn:aws:iam::ACCOUNT:role/NAME")
            check_each_once(key, getattr(self, key))
        check_each_once("public_endpoint_cidrs", self.public_endpoint_cidrs)
        twice = set(self.admins) & set(self.viewers)
        if twice:
            raise RuleError("viewers", sorted(twice), accepted="each principal in admins or in viewers")
