"""Which settings of a resource guard it, and whether one was given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_SHUT: Final = (True, "true")
_OPEN: Final = (False, "false", None)


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A property whose value decides who reaches a resource, or whether it can be lost.

    Attributes:
        type: The resource's type.
        path: The way to the property.
        bad: Values that expose; a resource that comes with one is reported as well.
        means: What it comes to.
    """

    type: str
    path: tuple[str, ...]
    bad: tuple[Any, ...]
    means: str


_BLOCKED: Final = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_GUARDS: Final = (
    *(
        Guard(
            type="AWS::S3::Bucket",
            path=("PublicAccessBlockConfiguration", key),
            bad=_OPEN,
            means="public access is not blocked",
        )
        for key in _BLOCKED
    ),
    Guard(
        type="AWS::ElasticLoadBalancingV2::LoadBalancer",
        path=("Scheme",),
        bad=("internet-facing", None),
        means="reachable from the internet",
    ),
    Guard(
        type="AWS::EKS::Cluster",
        path=("ResourcesVpcConfig", "EndpointPublicAccess"),
        bad=(True, "true", None),
        means="its API is reachable from the internet",
    ),
    Guard(type="AWS::EKS::Cluster", path=("DeletionProtection",), bad=_OPEN, means="can be deleted"),
    Guard(
        type="AWS::EC2::Subnet",
        path=("MapPublicIpOnLaunch",),
        bad=_SHUT,
        means="what starts in it gets a public address",
    ),
    Guard(
        type="AWS::SageMaker::Model",
        path=("EnableNetworkIsolation",),
        bad=_OPEN,
        means="containers reach the network",
    ),
    Guard(
        type="AWS::SageMaker::EndpointConfig",
        path=("EnableNetworkIsolation",),
        bad=(False, "false"),
        means="containers reach the network",
    ),
    Guard(type="AWS::KMS::Key", path=("EnableKeyRotation",), bad=_OPEN, means="the key does not rotate"),
)
#: Keys that encrypt what a resource holds. Without one it is AWS's own key, or none.
_ENCRYPTION: Final = ("KmsKeyId", "KmsMasterKeyId", "KmsKeyArn", "BucketEncryption", "EncryptionConfig", "KMSKeyArn")
_WIDER_LISTS: Final = (("AWS::EKS::Cluster", ("ResourcesVpcConfig", "PublicAccessCidrs"), "may reach its API"),)


def exposed(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Which guards of a stack's resources are down that were up, or that a new resource comes without."""
    for logical_id, resource in after.items():
        old = before.get(logical_id)
        properties = resource.get("Properties", {})
        was = old.get("Properties", {}) if old else None
        named = f"{logical_id} ({resource['Type']})"
        for guard in _GUARDS:
            if guard.type == resource["Type"] and _given_up(guard, was, properties):
                yield f"{named}: {guard.means} ({'.'.join(guard.path)})"
        for kind, path, means in _WIDER_LISTS:
            if kind == resource["Type"]:
                new = [each for each in _at(properties, path) or [] if each not in (_at(was or {}, path) or [])]
                yield from (f"{named}: {each} {means}" for each in new)
        if was is not None:
            yield from _weakened(named, was, properties)


def _given_up(guard: Guard, was: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    if _at(now, guard.path) not in guard.bad:
        return False
    return was is None or _at(was, guard.path) not in guard.bad


def _weakened(named: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in _ENCRYPTION:
        if was.get(key) is not None and now.get(key) is None:
            yield f"{named} is not encrypted with a key of its own any more ({key})"
    days, left = was.get("RetentionInDays"), now.get("RetentionInDays")
    if isinstance(left, int) and (days is None or (isinstance(days, int) and left < days)):
        yield f"{named} keeps logs for {left} days, before {'for ever' if days is None else days}"
    protected, still = _attribute(was, "deletion_protection.enabled"), _attribute(now, "deletion_protection.enabled")
    if protected == "true" != still:
        yield f"{named} can be deleted (deletion_protection.enabled)"


def _attribute(properties: Mapping[str, Any], key: str) -> Any:
    attributes = properties.get("LoadBalancerAttributes", [])
    return next((each.get("Value") for each in attributes if each.get("Key") == key), None)


def _at(node: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        node = node.get(part) if isinstance(node, Mapping) else None
    return node
