"""Writes values as the project's YAML files have them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Scalar = str | int
Value = Scalar | Mapping[str, "Value"]

#: Lines of the project's files; a flow mapping that would be longer is written over several lines.
_WIDTH: Final = 120
#: Images have colons, and stand in quotes everywhere.
ALWAYS_QUOTED: Final = frozenset({"uri"})


def block(key: str, value: Value, indent: int) -> list[str]:
    """The lines of a key with its value: one if they fit on it."""
    line = f"{' ' * indent}{key}: {flow(value)}"
    if len(line) <= _WIDTH or not isinstance(value, Mapping):
        return [line]
    below = [line for name, item in value.items() for line in block(name, item, indent + 2)]
    return [f"{' ' * indent}{key}:", *below]


def flow(value: Value, key: str = "") -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(item, name)}" for name, item in value.items()) + "}"
    return scalar(value, key, '"' if key in ALWAYS_QUOTED else None)


def scalar(value: Value, key: str, style: str | None) -> str:
    """A scalar in a style of quotes, plain where that is none and possible.

    Raises:
        TypeError: The value is a mapping.
    """
    if isinstance(value, Mapping):
        message = f"{key}: a mapping where a scalar stands"
        raise TypeError(message)
    if isinstance(value, int):
        return str(value)
    if style == "'" and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _may_be_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _may_be_plain(value: str) -> bool:
    """Whether YAML reads it back as this text without quotes: a checksum of digits would become a number."""
    if not re.fullmatch(r"[\w./:@+=-]+", value):
        return False
    try:
        return bool(YAML(typ="safe", pure=True).load(f"{{k: {value}}}") == {"k": value})
    except YAMLError:
        return False
