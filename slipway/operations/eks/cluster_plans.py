"""What a template makes of a cluster: its version, who adds its nodes, and its managed node groups."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from slipway.operations.templates.template_values import Resolver, Unknown

_CLUSTER: Final = "AWS::EKS::Cluster"
_GROUP: Final = "AWS::EKS::Nodegroup"
_POOL: Final = "slipway/pool"


@dataclass(frozen=True, kw_only=True)
class PlannedGroup:
    """A managed node group.

    Attributes:
        pool: The node pool that it is for.
        fewest: How many nodes it has at least, and starts with.
        most: How many it may have.
        properties: All its properties by name, each as text.
    """

    pool: str
    fewest: str | Unknown
    most: str | Unknown
    properties: Mapping[str, str]

    @property
    def sizes(self) -> str | None:
        """All its sizes, as text."""
        return self.properties.get("ScalingConfig")


@dataclass(frozen=True, kw_only=True)
class ClusterPlan:
    """A cluster as a template makes it.

    Attributes:
        name: Its name.
        version: Its version of Kubernetes, such as `1.35`.
        nodes: Who adds its nodes, in the words of `eks.nodes`.
        groups: Its managed node groups, by logical id.
    """

    name: str | Unknown
    version: str | Unknown
    nodes: Literal["auto_mode", "managed_node_groups"]
    groups: Mapping[str, PlannedGroup]


def cluster_plan_of(template: Mapping[str, Any], resolver: Resolver) -> ClusterPlan | None:
    """Read what a template makes of its cluster, None if it has none."""
    resources: Mapping[str, Any] = template.get("Resources", {})
    clusters = [resource for resource in resources.values() if resource.get("Type") == _CLUSTER]
    if not clusters:
        return None
    properties = clusters[0].get("Properties", {})
    on_auto_mode = resolver.text(properties.get("ComputeConfig", {}).get("Enabled", False)) == "true"
    return ClusterPlan(
        name=resolver.text(properties.get("Name")),
        version=resolver.text(properties.get("Version")),
        nodes="auto_mode" if on_auto_mode else "managed_node_groups",
        groups={
            logical_id: _group(logical_id, resource.get("Properties", {}), resolver)
            for logical_id, resource in resources.items()
            if resource.get("Type") == _GROUP
        },
    )


def _group(logical_id: str, properties: Mapping[str, Any], resolver: Resolver) -> PlannedGroup:
    sizes = properties.get("ScalingConfig", {})
    return PlannedGroup(
        pool=str(properties.get("Labels", {}).get(_POOL, logical_id)),
        fewest=resolver.text(sizes.get("MinSize")),
        most=resolver.text(sizes.get("MaxSize")),
        properties={key: json.dumps(value, sort_keys=True) for key, value in properties.items()},
    )
