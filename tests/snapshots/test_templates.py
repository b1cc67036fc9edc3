"""Every template, as files that a reviewer reads: `make snapshots` writes them again after a wanted change."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.cx_api import CloudFormationStackArtifact
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from inference_constructs.config import Project
from slipway.operations.template_diff.snapshots.files import SUFFIXES, Template, snapshot_files, templates_of
from slipway.operations.template_diff.snapshots.manifests import with_objects
from slipway.operations.template_diff.snapshots.models import MODELS_FILE, models_of, models_text

FOLDER = Path(__file__).with_suffix("")

_ASSET_HASH = re.compile(r"[0-9a-f]{64}")
#: Configuration, role policy and rollback alarms are replaced with every fleet, so their names derive from its hashes.
_FLEET_VERSION = re.compile(
    r"(?<=ExecutionRolePolicy)[0-9a-f]{8}[0-9A-F]{8}$"
    r"|(?<=EndpointConfig)[0-9a-f]{8}[0-9A-F]{8}$"
    r"|(?<=RollbackAlarms)[0-9a-f]{8}"
)
_NAME_HASH = re.compile(r"(?<=\w)[0-9A-F]{8}$")


class SnapshotFile(SingleFileSnapshotExtension):
    """One text file per name, in this test's folder."""

    _write_mode = WriteMode.TEXT

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(Path(test_location.filepath).with_suffix(""))

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        """Its own folder alone: syrupy would take other tests' files, beside theirs, for snapshots out of use."""
        return cls.dirname(test_location=test_location)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:  # noqa: ARG003
        return str(index)


_EXTENSIONS = {
    suffix: type("SnapshotFile", (SnapshotFile,), {"file_extension": suffix.removeprefix(".")})
    for suffix in (*SUFFIXES, Path(MODELS_FILE).suffix)
}


@pytest.fixture(scope="module")
def templates(stacks: list[CloudFormationStackArtifact]) -> dict[str, Template]:
    """What is compared: every template without what changes with each model and image."""
    return {_name(stack): _without_asset_hashes(with_objects(stack.template)) for stack in stacks}


@pytest.fixture(scope="module")
def files(templates: dict[str, Template], project: Project, showcase_project: Project) -> dict[str, str]:
    return snapshot_files(templates) | {MODELS_FILE: models_text(models_of([project, showcase_project]))}


# syrupy finds stale files by the test's name in theirs; here the next test does, and files are named after stacks.
@pytest.mark.filterwarnings("ignore:(?s).*Can not relate snapshot name:UserWarning")
def test_every_template_is_as_reviewed(files: dict[str, str], snapshot: SnapshotAssertion) -> None:
    for file, text in files.items():
        suffix = next(each for each in _EXTENSIONS if file.endswith(each))
        assert text == snapshot(name=file.removesuffix(suffix), extension_class=_EXTENSIONS[suffix])


def test_no_file_is_left_of_a_stack_that_is_gone(files: dict[str, str], pytestconfig: pytest.Config) -> None:
    there = {file.name for file in FOLDER.iterdir()}
    if pytestconfig.getoption("update_snapshots"):
        for stale in there - files.keys():
            (FOLDER / stale).unlink()
        return
    assert there == files.keys()


def test_the_files_give_back_every_template_exactly(templates: dict[str, Template], files: dict[str, str]) -> None:
    restored = templates_of(files)
    assert restored.keys() == templates.keys()
    for name, template in templates.items():
        assert json.dumps(restored[name], sort_keys=True) == json.dumps(template, sort_keys=True), name


def _name(stack: CloudFormationStackArtifact) -> str:
    """The stack's name, and its region where the environment's other regions have a stack of that name too."""
    stage, region = stack.hierarchical_id.split("/")[0], stack.environment.region
    return f"{stack.stack_name}.{region}" if stage.endswith(f"-{region}") else stack.stack_name


def _without_asset_hashes(node: Any) -> Any:
    if isinstance(node, dict):
        hidden = {_hidden(key): _without_asset_hashes(value) for key, value in node.items()}
        assert len(hidden) == len(node), f"two of these are one without their hashes: {sorted(node)}"
        return hidden
    if isinstance(node, list):
        return [_without_asset_hashes(value) for value in node]
    return _hidden(node) if isinstance(node, str) else node


def _hidden(text: str) -> str:
    without_assets = _ASSET_HASH.sub("<hash>", text)
    hidden = _FLEET_VERSION.sub("<version>", without_assets)
    return hidden if hidden == without_assets else _NAME_HASH.sub("", hidden)
