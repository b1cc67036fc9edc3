"""Which values of a resource change, from what to what, in as few characters as show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from slipway.operations.template_diff.iam.policies import text_of

#: Keys whose value names an item of a list, so that items are compared by name and not by their place.
_NAMES: Final = ("Key", "Name", "VariantName", "Sid", "name", "containerPort")
_LONGEST: Final = 60
_AROUND: Final = 16


class _Absent:
    def __repr__(self) -> str:
        return "none"


ABSENT: Final = _Absent()


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """One property that changes.

    Attributes:
        path: The dotted way to it; items of lists are in brackets, by name or by number.
        old: Its value before, `ABSENT` if it had none.
        new: Its value after, `ABSENT` if it has none.
    """

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        old, new = _shortened(_text(self.old), _text(self.new))
        return f"{self.path} {old} → {new}"


def value_changes(old: Any, new: Any, path: str = "") -> Iterator[ValueChange]:
    """The deepest places at which two values differ."""
    if isinstance(old, dict) and isinstance(new, dict) and not _is_intrinsic(old) and not _is_intrinsic(new):
        for key in dict.fromkeys([*old, *new]):
            one, two = old.get(key, ABSENT), new.get(key, ABSENT)
            if one != two:
                inner = "" if not path and key == "Properties" else f"{path}.{key}" if path else str(key)
                yield from value_changes(one, two, inner)
    elif isinstance(old, list) and isinstance(new, list) and (pairs := _paired(old, new)) is not None:
        different = [pair for pair in pairs if pair[1] != pair[2]]
        for label, one, two in different:
            yield from value_changes(one, two, f"{path}[{label}]")
        if not different and old != new:  # the same items in another order
            yield ValueChange(path=path, old=[label for label, *_ in pairs], new=_order(pairs, new))
    elif old != new:
        yield ValueChange(path=path, old=old, new=new)


def _is_intrinsic(value: dict[str, Any]) -> bool:
    return len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))


def _paired(old: list[Any], new: list[Any]) -> list[tuple[str, Any, Any]] | None:
    """The items of two lists that belong together, with what to call them; None to take the lists as they are."""
    for name_of in (_object_name, *(_by(key) for key in _NAMES)):
        names = [[name_of(item) for item in items] for items in (old, new)]
        if all(None not in each and len(set(each)) == len(each) for each in names) and any(names):
            one, two = (dict(zip(each, items, strict=True)) for each, items in zip(names, (old, new), strict=True))
            return [(str(key), one.get(key, ABSENT), two.get(key, ABSENT)) for key in dict.fromkeys([*one, *two])]
    if len(old) == len(new) and any(isinstance(item, (dict, list)) for item in old):
        return [(str(index), *pair) for index, pair in enumerate(zip(old, new, strict=True))]
    return None


def _order(pairs: list[tuple[str, Any, Any]], items: list[Any]) -> list[str]:
    return [next(label for label, _, each in pairs if each == item) for item in items]


def _object_name(item: Any) -> str | None:
    """What a Kubernetes object is called among others."""
    match item:
        case {"kind": str(kind), "metadata": {"name": str(name)}}:
            return f"{kind}/{name}"
        case _:
            return None


def _by(key: str) -> Any:
    def name_of(item: Any) -> str | None:
        value = item.get(key) if isinstance(item, dict) else None
        return str(value) if isinstance(value, (str, int)) else None

    return name_of


def _text(value: Any) -> str:
    return repr(value) if value is ABSENT else text_of(value)


def _shortened(old: str, new: str) -> tuple[str, str]:
    """Two values, cut to where they differ if they are long."""
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    start = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    from_there = max(0, start - _AROUND)
    return tuple(_cut(each, from_there) for each in (old, new))  # type: ignore[return-value]


def _cut(text: str, start: int) -> str:
    before = "…" if start else ""
    after = "…" if len(text) - start > _LONGEST else ""
    return f"{before}{text[start : start + _LONGEST]}{after}"
