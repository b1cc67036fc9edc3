"""Reads templates the way a reviewer does."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template
from aws_cdk.cx_api import CloudAssembly, CloudFormationStackArtifact

Resource = dict[str, Any]


def unvalidated_app(**properties: Any) -> App:
    """An app for a test of its templates; tests/validation validates those of the project, which takes longer."""
    return App(builtin_cloud_formation_validation=False, **properties)


def stacks_of(assembly: CloudAssembly) -> list[CloudFormationStackArtifact]:
    """Every stack of every stage, by name."""
    return sorted(assembly.stacks_recursively, key=lambda stack: stack.stack_name)


def resources(template: Template, kind: str) -> list[Resource]:
    """The properties of every resource of a type."""
    return [resource["Properties"] for resource in template.find_resources(kind).values()]


def only(template: Template, kind: str) -> Resource:
    """The properties of the one resource of a type."""
    found = resources(template, kind)
    assert len(found) == 1, f"{len(found)} resources of type {kind}"
    return found[0]


def statements(template: Template) -> list[dict[str, Any]]:
    """Every statement of every managed policy."""
    return [
        statement
        for policy in resources(template, "AWS::IAM::ManagedPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def strings_in(node: Any) -> Iterator[str]:
    """Every string in a template or a part of one, keys included."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from strings_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings_in(value)
    elif isinstance(node, str):
        yield node
