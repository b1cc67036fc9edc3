"""Whether a condition of a policy lets through whatever another one lets through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

#: Operators of which more values let more through. Their negations let less through.
_ANY_OF: Final = (
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "ArnEquals",
    "ArnLike",
    "IpAddress",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringLike",
)
_NONE_OF: Final = ("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals", "ArnNotLike")


def condition_covers(one: str, other: str) -> bool:
    """Whether the first condition holds wherever the second one does.

    Args:
        one: A condition as JSON; empty for always.
        other: Another one.
    """
    if one in ("", other):
        return True
    if not other:
        return False
    try:
        needed, given = _tests(json.loads(one)), _tests(json.loads(other))
    except (ValueError, AttributeError):  # no condition that could be read: the two are not the same
        return False
    return all(key in given and _implied(key[0], values, given[key]) for key, values in needed.items())


def _tests(condition: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], frozenset[str]]:
    """Each test of a condition, by operator and key; all of them have to hold."""
    return {
        (operator, key): frozenset(json.dumps(each, sort_keys=True) for each in _listed(values))
        for operator, tests in condition.items()
        for key, values in tests.items()
    }


def _implied(operator: str, needed: frozenset[str], given: frozenset[str]) -> bool:
    if operator in _ANY_OF:
        return given <= needed
    if operator in _NONE_OF:
        return given >= needed
    return given == needed


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
