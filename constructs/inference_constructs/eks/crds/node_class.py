"""EKS Auto Mode's NodeClass: where nodes are, what they may do, and their disks.

The fields are those of the EKS User Guide, "Create a Node Class for Amazon EKS".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.crds.rendering import NAME, as_object

API_GROUP = "eks.amazonaws.com"
KIND = "NodeClass"


@dataclass(frozen=True, kw_only=True)
class ById:
    """Selects a subnet or a security group."""

    id: str


@dataclass(frozen=True, kw_only=True)
class EphemeralStorage:
    """A node's disk for images, logs and emptyDir volumes.

    Attributes:
        size: 1 to 59000 GiB, such as `100Gi`.
        iops: 3000 to 16000.
        throughput: 125 to 1000, in MiB/s.
        kms_key_id: Id or ARN of the key that encrypts it.
    """

    size: str
    iops: int
    throughput: int
    kms_key_id: str = field(metadata={NAME: "kmsKeyID"})


@dataclass(frozen=True, kw_only=True)
class NodeClassSpec:
    """What the nodes have in common.

    Attributes:
        role: Name of the nodes' IAM role, which needs an access entry of type EC2.
        subnet_selector_terms: Where the nodes are.
        security_group_selector_terms: Their security groups.
        network_policy: Whether traffic that no NetworkPolicy selects passes.
        network_policy_event_logs: Whether nodes log what policies decide.
        ephemeral_storage: Their disks.
        tags: What instances, their disks and network interfaces are tagged with, None for what EKS tags them with
            alone. The cluster's role has to allow it.
    """

    role: str
    subnet_selector_terms: Sequence[ById]
    security_group_selector_terms: Sequence[ById]
    network_policy: Literal["DefaultAllow", "DefaultDeny"]
    network_policy_event_logs: Literal["Enabled", "Disabled"]
    ephemeral_storage: EphemeralStorage
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class NodeClass:
    """A NodeClass.

    Attributes:
        name: What node pools call it; not `default`, which is EKS's own.
        spec: Its specification.
    """

    name: str
    spec: NodeClassSpec

    def manifest(self) -> Manifest:
        """The object as Kubernetes takes it."""
        return {
            "apiVersion": f"{API_GROUP}/v1",
            "kind": KIND,
            "metadata": {"name": self.name, "labels": {MANAGED_BY: SLIPWAY}},
            "spec": as_object(self.spec),
        }
