"""A review against git: either side may have snapshots of the form before, and models are compared as well."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from slipway.cli.main import app
from slipway.operations.template_diff.snapshots.files import snapshot_files
from slipway.operations.template_diff.snapshots.manifests import MANIFEST_TYPE
from slipway.operations.template_diff.snapshots.models import MODELS_FILE, models_text


def stacks(replicas: int = 2) -> dict[str, dict[str, Any]]:
    """A cell, and a second one with a number of pods of its own."""
    return {"cells": _cell("cells", 2), "cells-2": _cell("cells-2", replicas)}


def _cell(name: str, replicas: int) -> dict[str, Any]:
    deployment = {"kind": "Deployment", "metadata": {"name": "main"}, "spec": {"replicas": replicas, "template": {}}}
    topics = {f"Topic{number}": {"Type": "AWS::SNS::Topic", "Properties": {}} for number in range(9)}
    manifest = {"Type": MANIFEST_TYPE, "Properties": {"ClusterName": name, "Manifest": [deployment]}}
    return {"Resources": topics | {"Pods": manifest}}


def before(content: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Every template in full, with its objects, as earlier commits have them."""
    return {f"{name}.json": json.dumps(each, indent=2) for name, each in content.items()}


def now(content: dict[str, dict[str, Any]], sha256: str = "a" * 64) -> dict[str, str]:
    models = {"dev": {"triage": {"model": {"name": "model/", "sha256": sha256, "size_bytes": 1}}}}
    return snapshot_files(content) | {MODELS_FILE: models_text(models)}


def review(root: Path, base: dict[str, str], head: dict[str, str]) -> str:
    """The summary of a branch that turned one set of files into another."""
    folder = root / "snapshots"
    folder.mkdir()
    _git(root, "init", "--quiet", "--initial-branch", "main")
    for files, message in ((base, "base"), (head, "head")):
        for file in folder.iterdir():
            file.unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        _git(root, "add", "--all")
        _git(root, "commit", "--quiet", "--allow-empty", "--message", message)
        if message == "base":
            _git(root, "checkout", "--quiet", "-b", "change")
    result = CliRunner().invoke(app, ["diff-templates", "--git", "main", "--snapshots", str(folder)])
    assert result.exit_code == 0, result.output
    return result.stdout


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True)


def test_another_form_of_the_same_templates_is_no_change(tmp_path: Path) -> None:
    text = review(tmp_path, before(stacks()), now(stacks()))
    assert text.splitlines()[2].startswith("No template changes. This compares snapshots: `make snapshots`")
    assert "### Models" not in text


@pytest.mark.parametrize("form", [before, now])
def test_a_change_in_a_sibling_alone_is_shown_with_its_values(tmp_path: Path, form: Any) -> None:
    text = review(tmp_path, form(stacks()), now(stacks(replicas=5)))
    assert "1 stack changed: 0 resources added, 0 removed, 1 changed" in text
    assert "- ~ `Pods` Custom::AWSCDK-EKS-KubernetesResource" in text
    assert "`Manifest[Deployment/main].spec.replicas 2 → 5`" in text
    assert "| `cells-2` |" in text


def test_another_model_is_shown_as_a_rollout(tmp_path: Path) -> None:
    text = review(tmp_path, now(stacks()), now(stacks(), sha256="b" * 64))
    assert "### Models" in text
    assert f"- **rollout** `dev triage model: sha256 {'a' * 64} → {'b' * 64}`" in text
