"""Which changes of a resource make CloudFormation replace it, by CloudFormation's own schemas.

cfn-lint carries those schemas; it is a tool of the tests, so that where it is not installed the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any

#: The schemas are of one region; types that it lacks are unknown.
_REGION = "us-east-1"


class Replacement(StrEnum):
    """What a change does to the resource."""

    NO = "changed in place"
    MAYBE = "may be replaced"
    YES = "replaced"
    UNKNOWN = "changed"


def replacement(resource_type: str, before: dict[str, Any], after: dict[str, Any]) -> Replacement:
    """What a change of a resource's properties does.

    Args:
        resource_type: Such as `AWS::S3::Bucket`.
        before: Its properties before.
        after: Its properties after.
    """
    changed = [key for key in {*before, *after} if before.get(key) != after.get(key)]
    if not changed:
        return Replacement.NO
    schema = _schema(resource_type)
    if schema is None:
        return Replacement.UNKNOWN
    if _differ(schema.get("createOnlyProperties", ()), before, after):
        return Replacement.YES
    if _differ(schema.get("conditionalCreateOnlyProperties", ()), before, after):
        return Replacement.MAYBE
    return Replacement.NO


def keeps_its_name(resource_type: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a resource has a name of its own in the template, and the same one after a change."""
    identifiers = (_schema(resource_type) or {}).get("primaryIdentifier", ())
    keys = [pointer.rpartition("/")[2] for pointer in identifiers]
    return bool(keys) and all(isinstance(before.get(key), str) and before.get(key) == after.get(key) for key in keys)


def _differ(pointers: Iterable[str], before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the values behind any of these JSON pointers differ, such as `/properties/VpcConfig/SubnetIds`."""
    paths = [pointer.split("/")[2:] for pointer in pointers]
    return any(_values(before, path) != _values(after, path) for path in paths)


def _values(node: Any, path: list[str]) -> Any:
    for index, part in enumerate(path):
        if part == "*" and isinstance(node, list):
            return [_values(item, path[index + 1 :]) for item in node]
        if not isinstance(node, dict):
            return node  # an intrinsic, or nothing: compared as a whole
        if part not in node:
            return node if any(key == "Ref" or key.startswith("Fn::") for key in node) else None
        node = node[part]
    return node


@cache
def _schema(resource_type: str) -> dict[str, Any] | None:
    try:
        from cfnlint.schema.manager import (  # noqa: PLC0415 - a tool of the tests, see above
            PROVIDER_SCHEMA_MANAGER,
            ResourceNotFoundError,
        )
    except ImportError:
        return None
    try:
        schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(_REGION, resource_type).schema
    except ResourceNotFoundError:
        return None
    return schema
