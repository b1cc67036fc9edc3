"""Every template, as a file that a reviewer reads: `make snapshots` writes them anew after a wanted change."""

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
_NAME_HASH = re.compile(r"(?<=\w)[0-9A-F]{8}$")


class TemplateFile(JSONSnapshotExtension):
    """One file per stack, named after it."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(Path(test_location.filepath).with_suffix(""))

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
        assert _without_asset_hashes(stack.template) == template_file(name=stack.stack_name)


def test_no_file_is_left_of_a_stack_that_is_gone(stacks: list[CloudFormationStackArtifact]) -> None:
    files = Path(__file__).with_suffix("").glob("*.json")
    assert {file.stem for file in files} == {stack.stack_name for stack in stacks}


def _without_asset_hashes(node: Any) -> Any:
    if isinstance(node, dict):
        return {_hidden(key): _without_asset_hashes(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_asset_hashes(value) for value in node]
    return _hidden(node) if isinstance(node, str) else node


def _hidden(text: str) -> str:
    without_assets = _ASSET_HASH.sub("<hash>", text)
    hidden = _FLEET_VERSION.sub("<version>", without_assets)
    return hidden if hidden == without_assets else _NAME_HASH.sub("", hidden)
