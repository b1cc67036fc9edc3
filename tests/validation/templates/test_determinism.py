"""The same commit gives the same bytes: in another folder, at another time, in another process.

Shown by the environment with both backends. That the templates of all are those of an earlier day, the snapshots show.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import copy_checkout

PROGRAM = """
import json, sys
from pathlib import Path
from aws_cdk import App
from inference_constructs.config import load_project
from stacks.environment_stage import EnvironmentStage

def synthesise(root, outdir):
    context = json.loads((root / "cdk.json").read_text())["context"]
    project = load_project(root).only(["local"])
    app = App(context=context, outdir=str(outdir), builtin_cloud_formation_validation=False)
    for environment in project.environments:
        EnvironmentStage(app, project=project, environment=environment)
    app.synth()
"""


def synthesise_here(project: Path, outdir: Path) -> dict[str, str]:
    """Synthesise in this process, with the code of the checkout."""
    names: dict[str, Any] = {}
    exec(PROGRAM, names)  # noqa: S102
    names["synthesise"](project, outdir)
    return digests(outdir)


def synthesise_elsewhere(project: Path, outdir: Path) -> dict[str, str]:
    """Synthesise in another process, with the code of the copy."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": f"{project}:{project}/constructs",
    }
    program = f"{PROGRAM}\nsynthesise(Path(), Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, str(outdir)], cwd=project, env=environment, check=True)
    return digests(outdir)


def digests(outdir: Path) -> dict[str, str]:
    """The digest of every file by name."""
    return {
        str(file.relative_to(outdir)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(outdir.rglob("*"))
        if file.is_file() and not _speaks_of_the_machine(file)
    }


def _speaks_of_the_machine(file: Path) -> bool:
    """Stack traces, the construct tree's versions and the report name folders; what is deployed must not."""
    return file.name in {"tree.json", "validation-report.json"} or file.name.endswith(".metadata.json")


@pytest.fixture
def twice(tmp_path: Path) -> tuple[dict[str, str], dict[str, str]]:
    here, there = tmp_path / "here", tmp_path / "somewhere" / "else"
    here.mkdir()
    there.mkdir(parents=True)
    return (
        synthesise_here(copy_checkout(here), tmp_path / "one"),
        synthesise_elsewhere(copy_checkout(there), tmp_path / "other"),
    )


def test_two_syntheses_in_two_folders_give_the_same_bytes(twice: tuple[dict[str, str], dict[str, str]]) -> None:
    """SageMaker fact 19: neither look-ups nor clocks may replace resources."""
    one, other = twice
    assert one == other
    assert sum(name.endswith(".template.json") for name in one) >= 5
    assert any(name.endswith(".tar.gz") for name in one), "the packed model is among them"
