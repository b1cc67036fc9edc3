"""Which objects a label selector or a field selector means."""

import re
from collections.abc import Mapping
from typing import Any, Final

_SET: Final = re.compile(r"(?P<key>[^\s!=]+)\s+(?P<operator>in|notin)\s+\((?P<values>[^)]*)\)")
_PART: Final = re.compile(r",(?![^(]*\))")


def labels_match(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels meet a selector in the form of a query, such as `app=a,tier!=b,stage in (x, y),!old`."""
    return all(_label_matches(part.strip(), labels) for part in _PART.split(selector) if part.strip())


def meets(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels meet a selector in the form of a manifest, with `matchLabels` and `matchExpressions`."""
    plain = selector.get("matchLabels", {}).items() <= labels.items()
    return plain and all(_expression_matches(found, labels) for found in selector.get("matchExpressions", []))


def fields_match(selector: str, manifest: Mapping[str, Any]) -> bool:
    """Whether an object meets a field selector, such as `metadata.name=a,status.phase!=Running`."""
    return all(_field_matches(part, manifest) for part in selector.split(",") if part)


def _label_matches(part: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.fullmatch(part):
        values = {value.strip() for value in found["values"].split(",")}
        return (labels.get(found["key"]) in values) is (found["operator"] == "in")
    if "!=" in part:
        key, _, value = part.partition("!=")
        return labels.get(key.strip()) != value.strip()
    if "=" in part:
        key, _, value = part.partition("=")
        return labels.get(key.strip()) == value.lstrip("=").strip()
    return part.removeprefix("!").strip() not in labels if part.startswith("!") else part in labels


def _expression_matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values", [])
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def _field_matches(part: str, manifest: Mapping[str, Any]) -> bool:
    path, unequal, wanted = part.partition("!=")
    if not unequal:
        path, _, wanted = part.partition("=")
    found: Any = manifest
    for step in path.split("."):
        found = found.get(step, "") if isinstance(found, Mapping) else ""
    return (str(found) == wanted.lstrip("=")) is not bool(unequal)
