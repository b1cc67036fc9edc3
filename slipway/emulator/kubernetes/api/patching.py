"""The four ways in which a client may change an object: as Kubernetes names them by their media types."""

import copy
from typing import Any, Final

from slipway.emulator.kubernetes.api.admission import MergeKeys
from slipway.emulator.kubernetes.api.request_body import UnreadableError, read

Manifest = dict[str, Any]

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"


class PatchError(Exception):
    """A patch that can not be read, or does not fit."""


def patched(manifest: Manifest, media_type: str, body: bytes, keys: MergeKeys) -> Manifest:
    """The object after a patch.

    Args:
        manifest: The object before.
        media_type: How the patch is to be understood.
        body: The patch.
        keys: By what the members of lists are told apart, for strategic and server-side patches.

    Raises:
        PatchError: The patch can not be read, or does not fit.
    """
    try:
        patch = read(body)
    except UnreadableError as error:
        raise PatchError(str(error)) from error
    result = copy.deepcopy(manifest)
    match media_type:
        case "application/json-patch+json":
            for operation in patch:
                result = _operate(result, operation)
            return result
        case "application/merge-patch+json":
            return dict(_merged(result, patch, None))
        case "application/strategic-merge-patch+json" | "application/apply-patch+yaml":
            return dict(_merged(result, patch, keys))
        case _:
            raise PatchError(f"unknown media type {media_type!r}; {STRATEGIC}, {MERGE_PATCH}, {JSON_PATCH} or {APPLY}")


def _merged(target: Any, patch: Any, keys: MergeKeys | None) -> Any:
    """RFC 7386, and with keys the lists of a strategic patch."""
    if not isinstance(patch, dict):
        return patch
    if keys is not None and patch.get("$patch") == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            result.pop(name, None)
        elif isinstance(value, list) and keys is not None and (key := keys.of(name)):
            result[name] = _merged_list(result.get(name) or [], value, key, keys.below(name))
        else:
            result[name] = _merged(result.get(name), value, keys.below(name) if keys is not None else None)
    for directive, values in patch.items():
        if directive.startswith("$deleteFromPrimitiveList/"):
            name = directive.partition("/")[2]
            result[name] = [value for value in result.get(name, []) if value not in values]
    return result


def _merged_list(target: list[Any], patch: list[Any], key: str, keys: MergeKeys) -> list[Any]:
    if any(member.get("$patch") == "replace" for member in patch if isinstance(member, dict)):
        return [member for member in patch if "$patch" not in member]
    result = {member.get(key): member for member in target}
    for member in patch:
        if member.get("$patch") == "delete":
            result.pop(member.get(key), None)
        else:
            result[member.get(key)] = _merged(result.get(member.get(key)), member, keys)
    return list(result.values())


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    """One operation of RFC 6902: add, replace or remove, which are what clients of Kubernetes send."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in str(operation["path"]).split("/")[1:]]
    if operation["op"] not in {"add", "replace", "remove", "test"}:
        raise PatchError(f"unknown operation {operation['op']!r}; add, replace, remove or test")
    parent = document
    try:
        for step in steps[:-1]:
            parent = parent[int(step)] if isinstance(parent, list) else parent[step]
        last: Any = int(steps[-1]) if isinstance(parent, list) and steps[-1] != "-" else steps[-1]
        match operation["op"]:
            case "remove":
                del parent[last]
            case "test":
                if parent[last] != operation["value"]:
                    raise PatchError(f"{operation['path']} is not {operation['value']!r}")
            case "add" if isinstance(parent, list):
                parent.insert(len(parent) if last == "-" else last, operation["value"])
            case _:
                parent[last] = operation["value"]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise PatchError(f"there is no {operation['path']}") from error
    return document
