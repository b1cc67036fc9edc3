"""Every template, as a file that a reviewer reads: `make snapshots` writes them anew after a wanted change."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.cx_api import CloudFormationStackArtifact
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

_ASSET_HASH = re.compile(r"[0-9a-f]{64}")
#: The role's policy and the rollback alarms are replaced with every fleet, so their names derive from its hashes.
_FLEET_VERSION = re.compile(r"(?<=ExecutionRolePolicy)[0-9a-f]{8}[0-9A-F]{8}$|(?<=RollbackAlarms)[0-9a-f]{8}")
_MANIFEST_TYPE = "Custom::AWSCDK-EKS-KubernetesResource"
_NAME_HASH = re.compile(r"(?<=\w)[0-9A-F]{8}$")


class TemplateFile(JSONSnapshotExtension):
    """One file per stack, named after it."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(Path(test_location.filepath).with_suffix(""))

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        """Its own folder alone: syrupy would take other tests' JSON files, beside theirs, for templates out of use."""
        return cls.dirname(test_location=test_location)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:  # noqa: ARG003
        return str(index)


@pytest.fixture
def template_file(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(TemplateFile)


# syrupy finds stale files by the test's name in theirs; here the next test does, and files are named after stacks.
@pytest.mark.filterwarnings("ignore:(?s).*Can not relate snapshot name:UserWarning")
def test_every_template_is_as_reviewed(
    stacks: list[CloudFormationStackArtifact], template_file: SnapshotAssertion
) -> None:
    for stack in stacks:
        assert _without_asset_hashes(stack.template) == template_file(name=_name(stack))


def test_no_file_is_left_of_a_stack_that_is_gone(stacks: list[CloudFormationStackArtifact]) -> None:
    files = Path(__file__).with_suffix("").glob("*.json")
    assert {file.stem for file in files} == {_name(stack) for stack in stacks}


def _name(stack: CloudFormationStackArtifact) -> str:
    """The stack's name, and its region where the environment's other regions have a stack of that name too."""
    stage, region = stack.hierarchical_id.split("/")[0], stack.environment.region
    return f"{stack.stack_name}.{region}" if stage.endswith(f"-{region}") else stack.stack_name


def _without_asset_hashes(node: Any) -> Any:
    if isinstance(node, dict):
        if node.get("Type") == _MANIFEST_TYPE and "Properties" in node:
            node = node | {"Properties": node["Properties"] | {"Manifest": _objects(node["Properties"]["Manifest"])}}
        return {_hidden(key): _without_asset_hashes(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_asset_hashes(value) for value in node]
    return _hidden(node) if isinstance(node, str) else node


def _objects(manifest: Any) -> Any:
    """The objects of a manifest, which a template holds as one line of text; what CloudFormation puts in as `${…}`."""
    parts = manifest["Fn::Join"][1] if isinstance(manifest, dict) else [manifest]
    text = "".join(part if isinstance(part, str) else json.dumps(f"${{{json.dumps(part)}}}")[1:-1] for part in parts)
    return json.loads(text)


def _hidden(text: str) -> str:
    without_assets = _ASSET_HASH.sub("<hash>", text)
    hidden = _FLEET_VERSION.sub("<version>", without_assets)
    return hidden if hidden == without_assets else _NAME_HASH.sub("", hidden)
