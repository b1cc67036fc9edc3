"""Which resources only have another logical id, so that what is the same under a new name is no news."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Resources = Mapping[str, Mapping[str, Any]]

#: A resource whose properties are shared to this part, or more, is the same one under another name.
_ALIKE: Final = 0.5
#: What an alarm watches. With another of these it is another alarm, however alike the rest is.
_IDENTITY: Final = ("MetricName", "Namespace", "Dimensions", "Metrics", "AlarmRule")
_ALARMS: Final = frozenset({"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"})
_UNRELATED: Final = ("DependsOn", "Metadata", "Tags")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SUBSTITUTED: Final = re.compile(r"\$\{(?P<name>[^!.}]+)(?P<attribute>\.[^}]*)?\}")
_RENAMED: Final = "<renamed>"


def with_new_names(before: Resources, after: Resources) -> dict[str, Mapping[str, Any]]:
    """A stack's resources before a change, under the logical ids that they have after it."""
    renamed = renames(before, after)
    if not renamed:
        return dict(before)
    return {renamed.get(key, key): _renamed(resource, renamed) for key, resource in before.items()}


def renames(before: Resources, after: Resources) -> dict[str, str]:
    """The new logical id of each resource that got one. The most alike come first; each is used once."""
    gone, come = ({key: one[key] for key in one if key not in two} for one, two in ((before, after), (after, before)))
    unknown = dict.fromkeys([*gone, *come], _RENAMED)
    masked = {key: _renamed(resource, unknown) for key, resource in (*gone.items(), *come.items())}
    traits = {key: set(_traits(resource)) for key, resource in masked.items()}
    pairs = sorted(
        (-_likeness(traits[old], traits[new]), old, new)
        for old in gone
        for new in come
        if _kind(masked[old]) == _kind(masked[new])
    )
    found: dict[str, str] = {}
    for unlike, old, new in pairs:
        if -unlike >= _ALIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def _kind(resource: Mapping[str, Any]) -> tuple[Any, ...]:
    properties = resource.get("Properties", {})
    identity = [properties.get(key) for key in _IDENTITY] if resource["Type"] in _ALARMS else []
    return resource["Type"], identity


def _likeness(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two) if one | two else 1.0


def _traits(node: Any, path: str = "") -> Iterator[str]:
    """Each value of a resource with the way to it. Items of lists have no place, since others may come before them."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key not in _UNRELATED:
                yield from _traits(value, f"{path}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from _traits(item, f"{path}[]")
    else:
        yield f"{path}={_HASH.sub('<hash>', json.dumps(node))}"


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """The same with other logical ids wherever it refers to them."""
    match node:
        case {"Ref": str(name)} if name in names:
            return {"Ref": names[name]}
        case {"Fn::GetAtt": [str(name), attribute]} if name in names:
            return {"Fn::GetAtt": [names[name], attribute]}
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _SUBSTITUTED.sub(lambda found: _substituted(found, names), text)}
        case Mapping():
            return {
                key: _dependencies(value, names) if key == "DependsOn" else _renamed(value, names)
                for key, value in node.items()
            }
        case list():
            return [_renamed(item, names) for item in node]
        case _:
            return node


def _substituted(found: re.Match[str], names: Mapping[str, str]) -> str:
    return f"${{{names.get(found['name'], found['name'])}{found['attribute'] or ''}}}"


def _dependencies(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [names.get(name, name) if isinstance(name, str) else _renamed(name, names) for name in value]
    return names.get(value, value) if isinstance(value, str) else _renamed(value, names)
