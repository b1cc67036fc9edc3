"""A new model version is seen in a review."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inference_constructs.common.artifact import pack_model
from inference_constructs.config import Project
from slipway.operations.template_diff.snapshots.models import model_changes, models_of, models_text, parse_models
from tests.conftest import ROOT


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """The same project over a copy of its models."""
    shutil.copytree(ROOT / "model_artifacts", tmp_path / "model_artifacts")
    return replace(project, root=tmp_path)


def test_a_folder_is_known_by_the_archive_that_is_deployed(project: Project, tmp_path: Path) -> None:
    archive = pack_model(ROOT / "model_artifacts" / "tumor-triage" / "model", tmp_path / "model.tar.gz").path
    assert models_of([project])["dev"]["tumor-triage"] == {
        "model": {
            "name": "model_artifacts/tumor-triage/model/",
            "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
            "size_bytes": archive.stat().st_size,
            "version": "1.0.0",
        }
    }


def test_every_version_and_every_source_is_listed(showcase_project: Project) -> None:
    found = models_of([showcase_project])
    assert set(found["cells"]["ranking"]) == {"model", "candidate.model"}
    assert set(found["showcase"]["reviews"]) == {"containers[0].model", "containers[1].model"}
    assert set(found["showcase"]["shadowed"]) == {"model", "shadow.model"}
    assert found["showcase"]["ab-test"]["variants.challenger.model"]["version"] == "2.1.0"
    assert found["showcase"]["churn"]["model"]["version"] == "7"
    assert found["cells"]["translation"]["model"]["sha256"].startswith("3f79bb7b435b")


def test_another_byte_of_a_model_is_another_line_for_each_environment(copy: Project) -> None:
    before = models_of([copy])
    with (copy.root / "model_artifacts" / "tumor-triage" / "model" / "model.onnx").open("ab") as model:
        model.write(b"\0")
    after = models_of([copy])
    changes = list(model_changes(before, after))
    assert len(changes) == len(before) + 1, "local serves it twice"
    old, new = (each["dev"]["tumor-triage"]["model"]["sha256"] for each in (before, after))
    assert changes[0] == f"dev tumor-triage model: sha256 {old} → {new}"


def test_text_and_back(showcase_project: Project) -> None:
    found = models_of([showcase_project])
    assert parse_models(models_text(found)) == found
    assert parse_models("") == {}
