"""Karpenter's NodePool: which nodes there may be, how many, and when they go again.

The fields are those of `karpenter.sh/v1` (Karpenter documentation, "NodePools") that EKS Auto Mode documents too (EKS
User Guide, "Create a Node Pool for EKS Auto Mode").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from inference_constructs.eks.common.labels import MANAGED_BY, SLIPWAY
from inference_constructs.eks.common.manifests import Manifest
from inference_constructs.eks.crds.rendering import as_object


@dataclass(frozen=True, kw_only=True)
class NodeClassReference:
    """The NodeClass of the nodes."""

    group: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What a label of the nodes has to be: one of the values, or more or less than the only one."""

    key: str
    values: Sequence[str]
    operator: Literal["In", "Gt", "Lt"] = "In"


@dataclass(frozen=True, kw_only=True)
class Taint:
    """Keeps pods away that do not tolerate it."""

    key: str
    value: str
    effect: Literal["NoSchedule"] = "NoSchedule"


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """The nodes' labels."""

    labels: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class NodeTemplateSpec:
    """What a node is.

    Attributes:
        node_class_ref: Where it is and what it may do.
        requirements: Which instances are suitable.
        taints: Which pods stay away, None for no taint.
        expire_after: When it is replaced, such as `336h`.
        termination_grace_period: How long pods and their disruption budgets can hold up its end.
    """

    node_class_ref: NodeClassReference
    requirements: Sequence[Requirement]
    taints: Sequence[Taint] | None
    expire_after: str
    termination_grace_period: str


@dataclass(frozen=True, kw_only=True)
class NodeTemplate:
    """What a node looks like."""

    metadata: Metadata
    spec: NodeTemplateSpec


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How many nodes may be taken away at once, such as `10%`, rounded up."""

    nodes: str


@dataclass(frozen=True, kw_only=True)
class Disruption:
    """When nodes are taken away to save money."""

    consolidation_policy: Literal["WhenEmpty", "WhenEmptyOrUnderutilized"]
    consolidate_after: str
    budgets: Sequence[Budget]


@dataclass(frozen=True, kw_only=True)
class NodePoolSpec:
    """The whole pool.

    Attributes:
        template: What a node looks like.
        disruption: When nodes go.
        limits: The most of each resource that the nodes may have together, by its name.
    """

    template: NodeTemplate
    disruption: Disruption
    limits: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class KarpenterNodePool:
    """A NodePool."""

    name: str
    spec: NodePoolSpec

    def manifest(self) -> Manifest:
        """The object as Kubernetes takes it."""
        return {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": {"name": self.name, "labels": {MANAGED_BY: SLIPWAY}},
            "spec": as_object(self.spec),
        }
