"""What the policies of a template allow, statement by statement, and whether one allows more than others did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Final

from slipway.operations.template_diff.iam.conditions import condition_covers

ANYTHING: Final = "*"
_NOT: Final = "not "
#: An asset's content hash in its name: the next version is read under the next hash.
_ASSET_HASH: Final = re.compile(r"(?<=/)[0-9a-f]{64}\b")


@dataclass(frozen=True, kw_only=True, order=True)
class Grant:
    """One action that one principal may do on one resource, or may not.

    Attributes:
        where: The property that holds the policy, such as `PolicyDocument` or `AssumeRolePolicyDocument`.
        effect: `Allow` or `Deny`.
        principal: Who; empty in a policy that is attached to whom it is about.
        action: What; `not A, B` for everything else.
        resource: On what; `not A, B` for everything else, empty in a trust policy.
        condition: When, as JSON; empty for always.
    """

    where: str
    effect: str
    principal: str
    action: str
    resource: str
    condition: str

    def covers(self, other: Grant) -> bool:
        """Whether whatever the other one matches is matched by this one."""
        return (
            self.effect == other.effect
            and _matches(self.principal, other.principal)
            and _matches(self.action.lower(), other.action.lower())
            and _matches(self.resource, other.resource)
            and condition_covers(self.condition, other.condition)
        )

    @property
    def is_wide(self) -> bool:
        """Whether it names anybody, any action of a service, or any resource."""
        anybody = self.principal.endswith(":*") or self.principal == ANYTHING
        return (
            anybody
            or self.action.endswith("*")
            or self.action.startswith(_NOT)
            or self.resource == ANYTHING
            or self.resource.startswith(_NOT)
        )


def grants_of(properties: Mapping[str, Any]) -> set[Grant]:
    """The statements of every policy in a resource's properties."""
    return set(_grants(properties, ""))


def _grants(node: Any, where: str) -> Iterator[Grant]:
    if isinstance(node, Mapping):
        if isinstance(node.get("Statement"), (list, Mapping)):
            for statement in _listed(node["Statement"]):
                yield from _of_statement(statement, where)
            return
        for key, value in node.items():
            yield from _grants(value, f"{where}.{key}" if where else str(key))
    elif isinstance(node, list):
        for item in node:
            yield from _grants(item, where)


def _of_statement(statement: Any, where: str) -> Iterator[Grant]:
    if not isinstance(statement, Mapping):
        return
    condition = text_of(statement["Condition"]) if statement.get("Condition") else ""
    parts = (_principals(statement), _parts(statement, "Action"), _parts(statement, "Resource"))
    for principal, action, resource in product(*parts):
        yield Grant(
            where=where,
            effect=str(statement.get("Effect", "Allow")),
            principal=principal,
            action=action,
            resource=resource,
            condition=condition,
        )


def _principals(statement: Mapping[str, Any]) -> list[str]:
    for key in ("Principal", "NotPrincipal"):
        principal = statement.get(key)
        if principal is None:
            continue
        if isinstance(principal, Mapping):
            named = [f"{kind}:{text_of(one)}" for kind, names in principal.items() for one in _listed(names)]
        else:
            named = [text_of(principal)]
        return named if key == "Principal" else [_everything_but(named)]
    return [""]


def _parts(statement: Mapping[str, Any], key: str) -> list[str]:
    if f"Not{key}" in statement:
        return [_everything_but([_resource(one) for one in _listed(statement[f"Not{key}"])])]
    return [_resource(one) for one in _listed(statement[key])] if key in statement else [""]


def _resource(value: Any) -> str:
    return _ASSET_HASH.sub("<hash>", text_of(value))


def _everything_but(names: list[str]) -> str:
    """One grant for all of them: each name that is added takes something away."""
    return _NOT + ", ".join(sorted(names))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """A value of a template in one line: text as it is, joined text joined, everything else as JSON."""
    if isinstance(value, str):
        return value
    match value:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(output)}}:
            return f"${{{stack}.{output.removeprefix('PublishOutput')}}}"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(text_of(part) for part in parts)
        case _:
            return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _matches(pattern: str, text: str) -> bool:
    """As IAM reads `*` and `?`; everything but some covers everything but those and others."""
    if pattern.startswith(_NOT) and text.startswith(_NOT):
        return set(pattern.removeprefix(_NOT).split(", ")) <= set(text.removeprefix(_NOT).split(", "))
    if pattern == ANYTHING:
        return True
    if pattern.startswith(_NOT) or text.startswith(_NOT):
        return False
    return pattern == text or fnmatchcase(text, pattern.replace("[", "[[]"))
