"""What IAM says of policies beyond its model.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.emulator.requests.refusal import Refusal

_MANAGED, _INLINE_OF_ROLE, _TRUST = 6144, 10_240, 2048
_DOCUMENTS: Final = {
    "CreatePolicy": ("PolicyDocument", "PolicySize", _MANAGED),
    "CreatePolicyVersion": ("PolicyDocument", "PolicySize", _MANAGED),
    "PutRolePolicy": ("PolicyDocument", "RolePolicySize", _INLINE_OF_ROLE),
    "CreateRole": ("AssumeRolePolicyDocument", "ACLSizePerRole", _TRUST),
    "UpdateAssumeRolePolicy": ("PolicyDocument", "ACLSizePerRole", _TRUST),
}
_OF_TRUST: Final = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})
_KEYS: Final = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal", "NotPrincipal"}
)
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[\w*?:-]+")
_RESOURCE: Final = re.compile(r"\*|arn:.*|\$\{.*", re.DOTALL)
_SERVICE: Final = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?|[a-z0-9.-]+\.(aws|amazon\.com)")


def refusals(operation: str, wanted: Mapping[str, Any]) -> Iterator[Refusal]:
    """Why IAM refuses an operation."""
    if operation not in _DOCUMENTS:
        return
    name, quota, largest = _DOCUMENTS[operation]
    text = wanted.get(name) or ""
    size = len(re.sub(r"\s", "", text))
    if size > largest:
        yield Refusal("LimitExceeded", f"Cannot exceed quota for {quota}: {largest}; the policy has {size} characters")
    for sentence in _of_document(text, is_trust=operation in _OF_TRUST):
        yield Refusal("MalformedPolicyDocument", sentence)


def _of_document(text: str, *, is_trust: bool) -> Iterator[str]:
    try:
        document = json.loads(text)
        found = document["Statement"]
    except (ValueError, TypeError, KeyError):
        yield "This policy contains invalid Json, or no Statement"
        return
    statements = found if isinstance(found, list) else [found]
    ids = [each["Sid"] for each in statements if isinstance(each, dict) and each.get("Sid")]
    if len(set(ids)) != len(ids):
        yield f"Statement IDs (SID) in a single policy must be unique: {ids}"
    for statement in statements:
        if not isinstance(statement, dict) or not statement.keys() <= _KEYS:
            yield "Syntax errors in policy."
        elif statement.get("Effect") not in {"Allow", "Deny"}:
            yield "Syntax errors in policy: Effect is Allow or Deny."
        else:
            yield from _of_statement(statement, is_trust=is_trust)


def _of_statement(statement: Mapping[str, Any], *, is_trust: bool) -> Iterator[str]:
    for action in _list(statement.get("Action", statement.get("NotAction"))):
        if not _ACTION.fullmatch(action):
            yield f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.: {action}"
    if is_trust:
        if "Resource" in statement or "NotResource" in statement:
            yield "Has prohibited field Resource"
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        services = _list(principal.get("Service")) if isinstance(principal, Mapping) else []
        if principal is None:
            yield "Missing required field Principal"
        for service in services:
            if not _SERVICE.fullmatch(service):
                yield f'Invalid principal in policy: "SERVICE":"{service}"'
        return
    for resource in _list(statement.get("Resource", statement.get("NotResource"))):
        if not _RESOURCE.fullmatch(resource):
            yield f'Resource {resource} must be in ARN format or "*".'


def _list(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [] if value is None else [str(value)]
