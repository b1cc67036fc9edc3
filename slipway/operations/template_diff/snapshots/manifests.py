"""Kubernetes objects: text in a template, YAML beside its snapshot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, Final

from slipway.operations.template_diff.snapshots.yaml_text import dump, load

SUFFIX: Final = ".kubernetes.yaml"
MANIFEST_TYPE: Final = "Custom::AWSCDK-EKS-KubernetesResource"

#: A document of one object begins with the logical id of the resource that applies it.
_START: Final = re.compile(r"^--- # (?P<logical_id>\S+)\n", re.MULTILINE)

Objects = dict[str, list[dict[str, Any]]]


def with_objects(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template whose manifests are lists of objects instead of text."""
    resources = template.get("Resources", {})
    expanded = {key: _with_manifest(resources[key], _objects(text)) for key, text in _manifests(resources)}
    return {**template, "Resources": resources | expanded} if expanded else dict(template)


def taken_out(template: Mapping[str, Any], name: str) -> tuple[dict[str, Any], str | None]:
    """Split a snapshot.

    Args:
        template: The template, its manifests as lists of objects.
        name: The snapshot's name, by which the template refers to the second file.

    Returns:
        The template without objects, and the objects as YAML; None if there are none.
    """
    resources = template.get("Resources", {})
    found = {key: objects for key, objects in _manifests(resources) if isinstance(objects, list) and objects}
    if not found:
        return dict(template), None
    left = {key: _with_manifest(resources[key], name + SUFFIX) for key in found}
    text = "".join(f"--- # {key}\n{dump(each)}" for key in sorted(found) for each in found[key])
    return {**template, "Resources": resources | left}, text


def put_back(template: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Undo `taken_out`.

    Args:
        template: The template without objects, or one that never lost them.
        texts: The YAML files by name.

    Raises:
        KeyError: The template refers to a file or an object that is not there.
    """
    resources = template.get("Resources", {})
    referring = {key: file for key, file in _manifests(resources) if isinstance(file, str) and file.endswith(SUFFIX)}
    objects = {file: _read(texts[file]) for file in set(referring.values())}
    full = {key: _with_manifest(resources[key], objects[file][key]) for key, file in referring.items()}
    return {**template, "Resources": resources | full}


def _manifests(resources: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, resource in resources.items():
        if resource.get("Type") == MANIFEST_TYPE and "Manifest" in resource.get("Properties", {}):
            yield key, resource["Properties"]["Manifest"]


def _with_manifest(resource: Mapping[str, Any], manifest: Any) -> dict[str, Any]:
    return {**resource, "Properties": {**resource["Properties"], "Manifest": manifest}}


def _objects(manifest: Any) -> Any:
    """The objects of a manifest; what CloudFormation puts in is shown as `${…}`. What is no JSON stays as it is."""
    parts = [manifest]
    if isinstance(manifest, dict) and isinstance(manifest.get("Fn::Join"), list):
        parts = manifest["Fn::Join"][1]
    elif not isinstance(manifest, str):
        return manifest
    text = "".join(part if isinstance(part, str) else json.dumps(f"${{{json.dumps(part)}}}")[1:-1] for part in parts)
    try:
        return json.loads(text)
    except ValueError:
        return manifest


def _read(text: str) -> Objects:
    found: Objects = {}
    starts = list(_START.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=True):
        found.setdefault(start["logical_id"], []).append(deepcopy(_document(text[start.end() : end])))
    return found


@cache
def _document(text: str) -> dict[str, Any]:
    """One object. A review reads most of them twice, before and after; to parse YAML takes longer than all the rest."""
    content: dict[str, Any] = load(text)
    return content
