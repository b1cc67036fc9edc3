"""Checks the Kubernetes objects of a template: by Kubernetes' own schemas, strictly, and custom ones by their own.

A custom resource's schema is a file below `crds/` whose properties `apiVersion` and `kind` say what it is for.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
from jsonschema import Draft202012Validator
from kubernetes_validate import utils

Object = dict[str, Any]

_MANIFEST_TYPE = "Custom::AWSCDK-EKS-KubernetesResource"
_CUSTOM = Path(__file__).parent / "crds"
#: Stands for what only the deployment knows, such as the ARN of a resource. Valid as a name, too.
UNRESOLVED = "unresolved"


def objects_in(template: Mapping[str, Any]) -> list[Object]:
    """Every Kubernetes object that a template applies, in the template's order; tokens are `UNRESOLVED`."""
    return [
        each
        for resource in template.get("Resources", {}).values()
        if resource["Type"] == _MANIFEST_TYPE
        for each in json.loads(_text_of(resource["Properties"]["Manifest"]))
    ]


def findings(template: Mapping[str, Any], version: str) -> list[str]:
    """What the schemas refuse, a line each.

    Args:
        template: A synthesised template.
        version: The cluster's Kubernetes version, such as `1.35`.

    Raises:
        ValueError: There are no schemas for exactly this version: older ones must not stand in for it.
    """
    if version not in {utils.major_minor(known) for known in utils.all_versions()}:
        message = f"there are no schemas of Kubernetes {version}"
        raise ValueError(message)
    return [f"{_name_of(each)}: {problem}" for each in objects_in(template) for problem in problems(each, version)]


def problems(value: Object, version: str) -> Iterator[str]:
    """What the schemas refuse about one object."""
    custom = _custom_schemas().get((value["apiVersion"], value["kind"]))
    if custom is not None:
        for error in custom.iter_errors(value):
            yield f"{error.json_path}: {error.message}"
        return
    try:
        kubernetes_validate.validate(value, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{error.json_path}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        yield error.message


@functools.cache
def _custom_schemas() -> dict[tuple[str, str], Draft202012Validator]:
    found = {}
    for file in sorted(_CUSTOM.glob("*.json")):
        schema = json.loads(file.read_text())
        Draft202012Validator.check_schema(schema)
        api, kind = schema["properties"]["apiVersion"], schema["properties"]["kind"]
        for version in api.get("enum") or [api["const"]]:
            found[version, kind["const"]] = Draft202012Validator(schema)
    return found


def _name_of(value: Object) -> str:
    metadata = value["metadata"]
    return "/".join(filter(None, (value["kind"], metadata.get("namespace"), metadata["name"])))


def _text_of(manifest: Any) -> str:
    """The manifest as the deployment will see it, but for what only the deployment knows."""
    if isinstance(manifest, str):
        return manifest
    separator, parts = manifest["Fn::Join"]
    return str(separator).join(part if isinstance(part, str) else UNRESOLVED for part in parts)
