"""What the policies of a template allow, statement by statement, and whether one allows more than others did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Final

ANYTHING: Final = "*"


@dataclass(frozen=True, kw_only=True, order=True)
class Grant:
    """One action that one principal may do on one resource, or may not.

    Attributes:
        where: The property that holds the policy, such as `PolicyDocument` or `AssumeRolePolicyDocument`.
        effect: `Allow` or `Deny`.
        principal: Who; empty in a policy that is attached to whom it is about.
        action: What; `not …` for everything else.
        resource: On what; `not …` for everything else, empty in a trust policy.
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
            and self.condition in ("", other.condition)
        )

    @property
    def is_wide(self) -> bool:
        """Whether it names anybody, any action of a service, or any resource."""
        anybody = self.principal.endswith(":*") or self.principal == ANYTHING
        return (
            anybody
            or self.action.endswith("*")
            or self.action.startswith("not ")
            or self.resource in (ANYTHING, "not ")
        )


def grants_of(properties: Mapping[str, Any]) -> set[Grant]:
    """What every policy in a resource's properties says."""
    return set(_grants(properties, ""))


def added(before: Iterable[Grant], after: Iterable[Grant]) -> list[Grant]:
    """What is allowed that was not, and what was denied and is not any more."""
    old, new = set(before), set(after)
    allowed = [each for each in new if each.effect == "Allow" and not any(known.covers(each) for known in old)]
    undenied = [each for each in old if each.effect == "Deny" and not any(known.covers(each) for known in new)]
    return sorted([*allowed, *undenied])


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
    for key, prefix in (("Principal", ""), ("NotPrincipal", "not ")):
        principal = statement.get(key)
        if isinstance(principal, Mapping):
            return [f"{prefix}{kind}:{text_of(one)}" for kind, names in principal.items() for one in _listed(names)]
        if principal is not None:
            return [prefix + text_of(principal)]
    return [""]


def _parts(statement: Mapping[str, Any], key: str) -> list[str]:
    if f"Not{key}" in statement:
        return [f"not {text_of(one)}" for one in _listed(statement[f"Not{key}"])]
    return [text_of(one) for one in _listed(statement[key])] if key in statement else [""]


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
    """As IAM reads `*` and `?`; text that is not a pattern of ours is compared as it is."""
    if pattern.startswith("not ") or text.startswith("not "):
        return pattern == text
    return pattern == text or fnmatchcase(text, pattern.replace("[", "[[]"))
