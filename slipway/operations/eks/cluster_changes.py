"""What a change of a live cluster would do to the services on it."""

import re
from collections.abc import Iterator
from typing import Final

from slipway.operations.aws.clients import Aws
from slipway.operations.eks.cluster_plans import ClusterPlan, PlannedGroup

_VERSION: Final = re.compile(r"1\.(\d+)")
#: Properties whose change makes a new group, so that nothing is updated (the type's schema, `createOnlyProperties`).
_CREATE_ONLY: Final = frozenset(
    {
        "AmiType",
        "CapacityType",
        "ClusterName",
        "DiskSize",
        "InstanceTypes",
        "NodeRole",
        "NodegroupName",
        "RemoteAccess",
        "Subnets",
    }
)
#: What EKS takes in the same call as another version (EKS API Reference, `UpdateNodegroupVersion`).
_OF_A_VERSION: Final = frozenset({"ForceUpdateEnabled", "LaunchTemplate", "ReleaseVersion", "Version"})


def refused_cluster_change(aws: Aws, live: ClusterPlan, new: ClusterPlan) -> Iterator[str]:
    """Why a cluster must not be changed like this, a sentence each.

    Args:
        aws: The clients; EKS is asked for the cluster's version where the template's is another one.
        live: The cluster as the deployed template has it.
        new: The cluster as the new template has it.
    """
    if live.nodes != new.nodes:
        yield (
            f"`eks.nodes` of the cluster {live.name} changes from {live.nodes} to {new.nodes}. {_harm_of(new)} Set up"
            " another environment with it, move the callers there, and then remove this one."
        )
    if live.version != new.version:
        yield from _refused_version(aws, live, new)


def cluster_warnings(live: ClusterPlan, new: ClusterPlan) -> Iterator[str]:
    """What a change of a cluster does besides what one wants, a sentence each."""
    for logical_id, group in new.groups.items():
        old = live.groups.get(logical_id)
        if old is None or any(old.properties.get(key) != group.properties.get(key) for key in _CREATE_ONLY):
            continue
        if old.sizes != group.sizes:
            yield (
                f"The sizes of the node group {group.pool} change (at most {group.most} nodes, until now {old.most}):"
                " EKS takes all of them together, so that CloudFormation may set its live size back to its fewest,"
                f" {group.fewest}, whatever runs on it. Deploy `max_cpus` and `max_accelerators` at a quiet time."
            )
        combined = _changed_with_the_version(old, group)
        if combined:
            yield (
                f"The node group {group.pool} gets another version of Kubernetes together with other"
                f" {', '.join(combined)}. EKS refuses that (`Version and ReleaseVersion updates cannot be combined with"
                " other updates`), and the stack rolls back after the cluster itself was upgraded. Deploy `eks.version`"
                " alone, and the rest before or after it."
            )


def _harm_of(new: ClusterPlan) -> str:
    if new.nodes == "managed_node_groups":
        return (
            "AWS terminates all instances at once when Auto Mode is disabled, and node pools and target group bindings"
            " lose their controller."
        )
    return (
        "The node groups go with everything that runs on them, and the target group bindings are of a controller that"
        " Auto Mode does not have."
    )


def _refused_version(aws: Aws, live: ClusterPlan, new: ClusterPlan) -> Iterator[str]:
    """EKS may have upgraded, or somebody rolled back: what counts is the version that the cluster has."""
    running = aws.eks.describe_cluster(name=str(live.name))["cluster"].get("version", "an unknown version")
    before, after = _VERSION.fullmatch(running), _VERSION.fullmatch(str(new.version))
    change = f"The cluster {live.name} changes from Kubernetes {running} to {new.version}"
    if before is None or after is None:
        yield f"{change}, and whether EKS does that cannot be known; accepted: one minor version more, such as 1.35."
        return
    minors = int(after[1]) - int(before[1])
    if minors > 1:
        yield (
            f"{change}, and EKS upgrades by one minor version at a time: first set `eks.version` to"
            f" 1.{int(before[1]) + 1}, deploy and check that, then go on."
        )
    elif minors < 0:
        yield (
            f"{change}, which is older: set `eks.version` to {running}. EKS takes a cluster back one minor version"
            " within 7 days of its upgrade, on request and not by a deployment (EKS User Guide, `Rollback cluster to"
            " previous Kubernetes version`); deploy after that."
        )


def _changed_with_the_version(old: PlannedGroup, new: PlannedGroup) -> list[str]:
    if old.properties.get("Version") == new.properties.get("Version"):
        return []
    keys = (old.properties.keys() | new.properties.keys()) - _OF_A_VERSION
    return sorted(key for key in keys if old.properties.get(key) != new.properties.get(key))
