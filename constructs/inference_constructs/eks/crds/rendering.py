"""Turns a custom resource's values into its manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

#: Key of a field's metadata with Kubernetes' name for it, where that is not the name in camel case.
NAME = "name"


def as_object(value: Any) -> Any:
    """Render a value as Kubernetes writes it: camel case, without what is None.

    Args:
        value: A frozen dataclass, or a mapping, sequence or scalar within one. A mapping keeps its keys.
    """
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((each.metadata.get(NAME, _camel_case(each.name)), getattr(value, each.name)) for each in fields(value))
        return {name: as_object(item) for name, item in pairs if item is not None}
    if isinstance(value, Mapping):
        return {key: as_object(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_object(item) for item in value]
    return value


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
