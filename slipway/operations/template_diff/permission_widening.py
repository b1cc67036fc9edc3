"""What of a change makes a stack more permissive, more exposed, easier to lose or less watched.

It errs on the side of telling: a permission under a new name is told as new. It reads templates only, so what a policy
outside of them allows is not known to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.operations.template_diff.alarms import loosened
from slipway.operations.template_diff.policies import Grant, added, grants_of
from slipway.operations.template_diff.public_exposure import exposed
from slipway.operations.template_diff.security_groups import opened

Resources = Mapping[str, Mapping[str, Any]]

#: Resources whose coming lets somebody in, and whose going leaves something open or unwatched.
_LETS_IN: Final = {
    "AWS::EKS::AccessEntry": "lets a principal into the cluster",
    "AWS::EKS::PodIdentityAssociation": "gives pods a role",
    "AWS::IAM::User": "is a user, with credentials that do not expire",
    "AWS::IAM::AccessKey": "is a stored credential",
    "AWS::Lambda::Url": "makes a function reachable by a URL",
}
_GUARDS: Final = {
    "AWS::CloudWatch::Alarm": "an alarm is removed",
    "AWS::CloudWatch::CompositeAlarm": "an alarm is removed",
    "AWS::EC2::FlowLog": "a network's traffic is not logged any more",
    "AWS::WAFv2::WebACLAssociation": "a load balancer loses its firewall",
    "AWS::WAFv2::WebACL": "a firewall is removed",
    "AWS::WAFv2::LoggingConfiguration": "a firewall's log is removed",
}
_KEPT: Final = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})
_STATEFUL: Final = (
    "AWS::S3::Bucket",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::EKS::Cluster",
)


def broadenings(before: Resources, after: Resources) -> Iterator[str]:
    """Find them in one stack, a sentence each.

    Args:
        before: The stack's resources by logical id; empty for a new stack.
        after: The same after the change; empty for a stack that goes.
    """
    yield from _grants(before, after)
    yield from opened(before, after)
    yield from exposed(before, after)
    yield from _let_in(before, after)
    yield from _unguarded(before, after)
    yield from loosened(before, after)
    yield from _easier_to_lose(before, after)


def _grants(before: Resources, after: Resources) -> Iterator[str]:
    moved = _grants_by_type({key: resource for key, resource in before.items() if key not in after})
    for logical_id, resource in after.items():
        old = before.get(logical_id, {})
        known = grants_of(old.get("Properties", {}))
        # A policy under a new logical id that says what one said that goes was renamed: no news.
        known |= moved[resource["Type"]] if logical_id not in before else set()
        for sentence in _told(added(known, grants_of(resource.get("Properties", {})))):
            yield f"{logical_id} ({resource['Type']}) {sentence}"
        yield from _roles(logical_id, old.get("Properties", {}), resource)
    for logical_id, resource in before.items():
        if logical_id not in after and any(each.effect == "Deny" for each in grants_of(resource.get("Properties", {}))):
            denied = [each for each in grants_of(resource["Properties"]) if each.effect == "Deny"]
            still = {each for other in after.values() for each in grants_of(other.get("Properties", {}))}
            for sentence in _told(added(denied, still)):
                yield f"{logical_id} ({resource['Type']}) {sentence}"


def _grants_by_type(resources: Resources) -> dict[str, set[Grant]]:
    found: dict[str, set[Grant]] = defaultdict(set)
    for resource in resources.values():
        found[resource["Type"]] |= grants_of(resource.get("Properties", {}))
    return found


def _told(grants: list[Grant]) -> Iterator[str]:
    """A sentence for each set of actions that share everything else."""
    alike: dict[tuple[str, str, str, str], list[Grant]] = defaultdict(list)
    for grant in grants:
        alike[grant.effect, grant.principal, grant.resource, grant.condition].append(grant)
    for (effect, principal, resource, condition), found in alike.items():
        verb = "allows" if effect == "Allow" else "no longer denies"
        actions = ", ".join(sorted({grant.action for grant in found}))
        whom = f" to {principal}" if principal else ""
        what = f" on {resource}" if resource else ""
        when = f" when {condition}" if condition else ""
        wide = " (WIDE)" if effect == "Allow" and any(grant.is_wide for grant in found) else ""
        yield f"{verb} {actions}{whom}{what}{when}{wide}"


def _roles(logical_id: str, old: Mapping[str, Any], resource: Mapping[str, Any]) -> Iterator[str]:
    properties = resource.get("Properties", {})
    attached = [
        each for each in properties.get("ManagedPolicyArns", []) if each not in old.get("ManagedPolicyArns", [])
    ]
    if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
        for policy in attached:
            yield f"{logical_id} ({resource['Type']}) gets the managed policy {_short(policy)}"
        if "PermissionsBoundary" in old and "PermissionsBoundary" not in properties:
            yield f"{logical_id} ({resource['Type']}) loses its permissions boundary"


def _let_in(before: Resources, after: Resources) -> Iterator[str]:
    """Whoever comes, and whoever gets something else; not who is made after something else, or has other tags."""
    for logical_id, resource in after.items():
        old = before.get(logical_id)
        if resource["Type"] in _LETS_IN and (old is None or _untagged(old) != _untagged(resource)):
            yield f"{logical_id} ({resource['Type']}) {_LETS_IN[resource['Type']]}"


def _untagged(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.get("Properties", {}).items() if key != "Tags"}


def _unguarded(before: Resources, after: Resources) -> Iterator[str]:
    for logical_id, resource in before.items():
        kind = resource["Type"]
        same = [each for key, each in after.items() if each["Type"] == kind and key not in before]
        if kind in _GUARDS and logical_id not in after and resource not in same:
            yield f"{logical_id} ({kind}): {_GUARDS[kind]}"


def _easier_to_lose(before: Resources, after: Resources) -> Iterator[str]:
    for logical_id, old in before.items():
        new = after.get(logical_id)
        if new is None:
            if old["Type"] in _STATEFUL:
                fate = "kept, and nobody's" if old.get("DeletionPolicy") in _KEPT else "deleted with what it holds"
                yield f"{logical_id} ({old['Type']}) leaves the stack: {fate}"
            continue
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            if old.get(key) in _KEPT and new.get(key) not in _KEPT:
                yield f"{logical_id} ({new['Type']}): {key} was {old[key]} and is {new.get(key, 'Delete')}"


def _short(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("Fn::Join"), list):
        return "".join(part for part in value["Fn::Join"][1] if isinstance(part, str)).rpartition(":")[2]
    return str(value)
