"""Which permissions a change adds, by who holds them and not by the resource or name that they are written under."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from slipway.operations.template_diff.iam.policies import Grant, grants_of, text_of

Resources = Mapping[str, Mapping[str, Any]]

_HOLDERS: Final = ("Roles", "Users", "Groups", "RoleName", "UserName", "GroupName")
_IDENTITIES: Final = frozenset({"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"})
_IDENTITY_POLICIES: Final = frozenset(
    {
        "AWS::IAM::Policy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
    }
)
#: Policies of resources that are resources of their own, with the property that names what they protect.
_RESOURCE_POLICIES: Final = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
}
_PERMISSION: Final = "AWS::Lambda::Permission"
_TRUST: Final = "AssumeRolePolicyDocument"
_TRUST_OF: Final = "trust of "


@dataclass(frozen=True, kw_only=True, order=True)
class Permission:
    """A grant and who has it.

    Attributes:
        holder: The identity that may do it, or the resource whose policy allows it.
        grant: What may be done, or may not.
    """

    holder: str
    grant: Grant


def widened(before: Resources, after: Resources) -> Iterator[str]:
    """What is allowed that was not, and what was denied and is not any more, a sentence each.

    Args:
        before: The resources before, under the logical ids that they have after the change.
        after: The resources after.
    """
    old, new = _Held(before), _Held(after)
    types = {key: resource["Type"] for key, resource in (*before.items(), *after.items())}
    for found in (new.without(old, "Allow"), old.without(new, "Deny")):
        for (logical_id, holder), grants in found.items():
            whose = "" if holder == f"${{{logical_id}}}" else f" for {holder}"
            yield from (f"{logical_id} ({types[logical_id]}){whose} {sentence}" for sentence in _sentences(grants))
    yield from _managed(before, after)


class _Held:
    """Every permission of a stack."""

    def __init__(self, resources: Resources) -> None:
        self._places = dict(_permissions(resources))
        self._by_holder: dict[str, list[Permission]] = defaultdict(list)
        for permission in self._places:
            self._by_holder[permission.holder].append(permission)

    def without(self, known: _Held, effect: str) -> dict[tuple[str, str], set[Grant]]:
        """What another stack does not cover, by where it is written and who has it."""
        found: dict[tuple[str, str], set[Grant]] = defaultdict(set)
        for permission, logical_id in sorted(self._places.items()):
            if permission.grant.effect == effect and not known.covers(permission):
                found[logical_id, permission.holder.removeprefix(_TRUST_OF)].add(permission.grant)
        return found

    def covers(self, permission: Permission) -> bool:
        if permission in self._places:
            return True
        return any(each.grant.covers(permission.grant) for each in self._by_holder.get(permission.holder, ()))


def _permissions(resources: Resources) -> Iterator[tuple[Permission, str]]:
    attached = _attached(resources)
    for logical_id, resource in resources.items():
        for grant in _grants(resource):
            for holder in _holders(logical_id, resource, attached):
                trust = _TRUST_OF if grant.where.startswith(_TRUST) else ""
                yield Permission(holder=trust + holder, grant=grant), logical_id


def _grants(resource: Mapping[str, Any]) -> set[Grant]:
    properties = resource.get("Properties", {})
    if resource["Type"] != _PERMISSION:
        return grants_of(properties)
    named = ("Action", "FunctionName", "Principal")
    condition = {key: value for key, value in properties.items() if key not in named}
    return {
        Grant(
            where="Permission",
            effect="Allow",
            principal=text_of(properties.get("Principal", "")),
            action=text_of(properties.get("Action", "")),
            resource=text_of(properties.get("FunctionName", "")),
            condition=json.dumps({"Equals": condition}, sort_keys=True) if condition else "",
        )
    }


def _attached(resources: Resources) -> dict[str, set[str]]:
    """The identities that name a managed policy of the stack, by its reference."""
    found: dict[str, set[str]] = defaultdict(set)
    for logical_id, resource in resources.items():
        if resource["Type"] in _IDENTITIES:
            for policy in resource.get("Properties", {}).get("ManagedPolicyArns", []):
                found[text_of(policy)].add(f"${{{logical_id}}}")
    return found


def _holders(logical_id: str, resource: Mapping[str, Any], attached: Mapping[str, set[str]]) -> set[str]:
    properties, own = resource.get("Properties", {}), f"${{{logical_id}}}"
    if resource["Type"] in _IDENTITY_POLICIES:
        named = {text_of(each) for key in _HOLDERS for each in _listed(properties.get(key, []))}
        return named | attached.get(own, set()) or {own}
    protected = properties.get(_RESOURCE_POLICIES.get(resource["Type"], ""), [])
    return {text_of(each) for each in _listed(protected)} or {own}


def _managed(before: Resources, after: Resources) -> Iterator[str]:
    """Managed policies that an identity gets, and a boundary that it loses. Policies of the stack are read above."""
    for logical_id, resource in after.items():
        if resource["Type"] not in _IDENTITIES:
            continue
        old, properties = before.get(logical_id, {}).get("Properties", {}), resource.get("Properties", {})
        known = [text_of(each) for each in old.get("ManagedPolicyArns", [])]
        for policy in map(text_of, properties.get("ManagedPolicyArns", [])):
            if policy not in known and policy.removeprefix("${").removesuffix("}") not in after:
                yield f"{logical_id} ({resource['Type']}) gets the managed policy {_short(policy)}"
        if "PermissionsBoundary" in old and "PermissionsBoundary" not in properties:
            yield f"{logical_id} ({resource['Type']}) loses its permissions boundary"


def _sentences(grants: set[Grant]) -> Iterator[str]:
    """A sentence for each set of actions that share everything else."""
    alike: dict[tuple[str, str, str, str], list[Grant]] = defaultdict(list)
    for grant in sorted(grants):
        alike[grant.effect, grant.principal, grant.resource, grant.condition].append(grant)
    for (effect, principal, resource, condition), found in alike.items():
        verb = "allows" if effect == "Allow" else "no longer denies"
        actions = ", ".join(sorted({grant.action for grant in found}))
        whom = f" to {principal}" if principal else ""
        what = f" on {resource}" if resource else ""
        when = f" when {condition}" if condition else ""
        wide = " (WIDE)" if effect == "Allow" and any(grant.is_wide for grant in found) else ""
        yield f"{verb} {actions}{whom}{what}{when}{wide}"


def _short(policy: str) -> str:
    """The policy's name where its partition is only known in a deployment."""
    return policy.rpartition(":")[2] if "${" in policy else policy


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
