"""A template as what differs from its sibling: the same stack in another cell or region.

Paths are JSON pointers (RFC 6901), one line per difference. They have no line numbers and no context, so that what both
templates gain does not show in the differences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

_ABSENT: Final = object()


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What makes a sibling of a template.

    Attributes:
        changed: Values that are others, by pointer.
        added: Values under keys that the template does not have, by pointer.
        removed: Pointers to what the sibling does not have.
    """

    changed: dict[str, Any] = field(default_factory=dict)
    added: dict[str, Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


def differences(base: Mapping[str, Any], sibling: Mapping[str, Any]) -> Differences:
    """Find what `applied` needs to make the sibling."""
    found = Differences()
    for pointer, old, new in _walk(base, sibling, ""):
        if new is _ABSENT:
            found.removed.append(pointer)
        elif old is _ABSENT:
            found.added[pointer] = new
        else:
            found.changed[pointer] = new
    return found


def applied(base: Mapping[str, Any], found: Differences) -> dict[str, Any]:
    """Make the sibling of a template.

    Raises:
        LookupError: A pointer leads nowhere: the differences are not of this template.
    """
    sibling: dict[str, Any] = deepcopy(dict(base))
    for pointer in found.removed:
        parent, key = _parent(sibling, pointer)
        del parent[key]
    for pointer, value in found.changed.items():
        parent, key = _parent(sibling, pointer)
        parent[key]  # what is changed has to be there
        parent[key] = deepcopy(value)
    for pointer, value in found.added.items():
        parent, key = _parent(sibling, pointer)
        parent[key] = deepcopy(value)
    return sibling


def _walk(old: Any, new: Any, pointer: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            one, two = old.get(key, _ABSENT), new.get(key, _ABSENT)
            if one is _ABSENT or two is _ABSENT:
                yield inner, one, two
            else:
                yield from _walk(one, two, inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, two) in enumerate(zip(old, new, strict=True)):
            yield from _walk(one, two, f"{pointer}/{index}")
    elif json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):  # to Python, 1 and true are equal
        yield pointer, old, new


def _parent(node: Any, pointer: str) -> tuple[Any, Any]:
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in way:
        node = node[_key(node, part)]
    return node, _key(node, last)


def _key(node: Any, part: str) -> str | int:
    return int(part) if isinstance(node, list) else part
