"""What a service's model says of a value: required members, lengths, ranges, patterns, enumerations and types.

The sentences are those of AWS's own front ends.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

#: Of Unicode's classes, as far as Python's expressions have them. They occur in tags and descriptions, and are a little
#: wider here.
_CLASSES: Final = {
    r"\p{L}": r"\w",
    r"\p{M}": "",
    r"\p{N}": r"\d",
    r"\p{P}": r"!-/:-@\[-`{-~\u2010-\u2027",
    r"\p{S}": r"$+<=>^`|~",
    r"\p{Z}": r" \u00a0\u2000-\u200a",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\p{Print}": r"\x20-\x7e",
}
_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
_SHOWN: Final = 200
_ENUM_SHOWN: Final = 20


def violations(shape: Shape, value: Any, where: str = "") -> Iterator[str]:
    """What is wrong with a value, a sentence each.

    Args:
        shape: What it has to be.
        value: The value, as a request carries it.
        where: The way to it, such as `productionVariants.1.member.variantName`.
    """
    match shape, value:
        case StructureShape(), Mapping():
            yield from _of_structure(shape, value, where)
        case ListShape(), list():
            yield from _of_length(shape, value, where)
            for number, part in enumerate(value, 1):
                yield from violations(shape.member, part, f"{where}.{number}.member")
        case MapShape(), Mapping():
            yield from _of_length(shape, value, where)
            for key, part in value.items():
                yield from violations(shape.key, key, f"{where}.key")
                yield from violations(shape.value, part, f"{where}.{key}.member")
        case StringShape(), str():
            yield from _of_length(shape, value, where)
            yield from _of_text(shape, value, where)
        case Shape(), int() | float() if shape.type_name in _NUMBERS and not isinstance(value, bool):
            yield from _of_number(shape, value, where)
        case Shape(), _ if _is_of_another_type(shape, value):
            wrong = f"Value '{_shown(value)}' at '{where}' failed to satisfy constraint"
            yield f"{wrong}: Member must be a {shape.type_name}"


def _of_structure(shape: StructureShape, value: Mapping[str, Any], where: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_inside(where, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from violations(member, value[name], _inside(where, name))


def _of_length(shape: Shape, value: Any, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    shown = f"Value '{_shown(value)}' at '{where}' failed to satisfy constraint: Member must have length"
    if low is not None and len(value) < low:
        yield f"{shown} greater than or equal to {low}"
    if high is not None and len(value) > high:
        yield f"{shown} less than or equal to {high}"


def _of_number(shape: Shape, value: float, where: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    shown = f"Value '{value}' at '{where}' failed to satisfy constraint: Member must have value"
    if low is not None and value < low:
        yield f"{shown} greater than or equal to {low}"
    if high is not None and value > high:
        yield f"{shown} less than or equal to {high}"


def _of_text(shape: StringShape, value: str, where: str) -> Iterator[str]:
    shown = f"Value '{_shown(value)}' at '{where}' failed to satisfy constraint: Member must satisfy"
    if shape.enum and value not in shape.enum:
        more = ", …" if len(shape.enum) > _ENUM_SHOWN else ""
        yield f"{shown} enum value set: [{', '.join(shape.enum[:_ENUM_SHOWN])}{more}]"
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield f"{shown} regular expression pattern: {pattern}"


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern, None if it is one that Python does not know: then nothing is refused for it."""
    found, inside = "", False
    for part in re.split(r"(\\p\{\w+\}|\\.|[\[\]])", pattern):
        inside = part == "[" or (inside and part != "]")
        class_ = _CLASSES.get(part, part)
        found += class_ if inside or part not in _CLASSES else f"[{class_}]"
    try:
        return re.compile(found)
    except re.error:
        return None


def _is_of_another_type(shape: Shape, value: Any) -> bool:
    kinds: dict[str, tuple[type, ...]] = {
        "structure": (Mapping,),
        "list": (list,),
        "map": (Mapping,),
        "string": (str,),
        "boolean": (bool,),
        **dict.fromkeys(_NUMBERS, (int, float)),
    }
    wanted = kinds.get(shape.type_name)
    return wanted is not None and not isinstance(value, wanted)


def _inside(where: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{where}.{name}" if where else name


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
