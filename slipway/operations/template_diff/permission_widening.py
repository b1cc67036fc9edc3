"""What of a change makes a stack more permissive, more exposed, easier to lose or less watched.

A permission that moves to another resource or logical id, and is held by the same identity, is not broader; nor is an
alarm's threshold that follows a larger capacity. It reads templates only, so it does not know policies outside of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.operations.template_diff.alarms import loosened
from slipway.operations.template_diff.iam.permissions import widened
from slipway.operations.template_diff.public_exposure import exposed
from slipway.operations.template_diff.renames import with_new_names
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
    known = with_new_names(before, after)
    yield from widened(known, after)
    yield from opened(known, after)
    yield from exposed(known, after)
    yield from _let_in(known, after)
    yield from _unguarded(known, after)
    yield from loosened(known, after)
    yield from _easier_to_lose(before, after)


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
