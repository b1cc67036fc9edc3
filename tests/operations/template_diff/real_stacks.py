"""Stacks as the CDK writes them, and changes of them."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from slipway.operations.template_diff.snapshots.files import templates_of
from slipway.operations.template_diff.snapshots.manifests import SUFFIX
from slipway.operations.template_diff.templates import StackChange, compare_templates
from tests.conftest import ROOT

SNAPSHOTS = ROOT / "tests" / "snapshots" / "test_templates"
ON_SAGEMAKER, ON_EKS = "slipway-prod-service-tumor-triage", "slipway-groups-service-ranking"
NETWORK, FOUNDATION = "slipway-prod-network", "slipway-prod-foundation"

Resources = dict[str, dict[str, Any]]


def resources_of(stack: str) -> Resources:
    """The reviewed resources of a stack, to be changed at will."""
    resources: Resources = json.loads(_text(stack))["Resources"]
    return resources


def only(resources: Resources, kind: str, *, containing: str = "") -> dict[str, Any]:
    """The properties of the one resource of a type, whose logical id contains some text."""
    (found,) = [each for key, each in resources.items() if each["Type"] == kind and containing in key]
    properties: dict[str, Any] = found["Properties"]
    return properties


def kubernetes_object(resources: Resources, kind: str) -> dict[str, Any]:
    """The one Kubernetes object of a kind."""
    manifests: list[list[dict[str, Any]]] = [
        each.get("Properties", {}).get("Manifest", []) for each in resources.values()
    ]
    (found,) = [each for manifest in manifests for each in manifest if each["kind"] == kind]
    return found


def changed(stack: str, change: Callable[[Resources], None]) -> StackChange:
    """What a change of a stack's resources comes to."""
    before, after = resources_of(stack), resources_of(stack)
    change(after)
    (found,) = compare_templates({stack: {"Resources": before}}, {stack: {"Resources": after}})
    return found


def renamed(resources: Resources, suffix: str) -> Resources:
    """The same stack under other logical ids, wherever it refers to them."""
    names = "|".join(sorted(map(re.escape, resources), key=len, reverse=True))
    text = re.sub(rf'(?<=["{{])({names})(?=["}}.])', rf"\g<1>{suffix}", json.dumps(resources))
    again: Resources = json.loads(text)
    return again


@cache
def _text(stack: str) -> str:
    files = [SNAPSHOTS / f"{stack}.json", SNAPSHOTS / f"{stack}{SUFFIX}"]
    found = templates_of({file.name: file.read_text(encoding="utf-8") for file in files if file.is_file()})
    return json.dumps(found[stack])
