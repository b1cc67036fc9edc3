"""The same commit gives the same bytes: in another folder, at another time, in another process.

Shown by the environment with both backends. That the templates of all are those of an earlier day, the snapshots show.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import copy_checkout


def synthesise(project: Path, outdir: Path) -> dict[str, str]:
    """Synthesise as the command line does, and return the digest of every file by name."""
    flags = (project / "cdk.json").read_text()
    program = (
        "import json, sys; from pathlib import Path; from stacks.application import create_app;"
        "from inference_constructs.config import load_project;"
        "context = json.loads(sys.argv[1])['context'] | {'environments': 'local'};"
        "create_app(load_project(Path('.')), context=context, outdir=Path(sys.argv[2])).synth()"
    )
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    environment = {
        "PATH": path,
        "PYTHONPATH": f"{project}:{project}/constructs",
        "CDK_VALIDATION": "false",  # it writes nothing that is deployed
    }
    subprocess.run([sys.executable, "-c", program, flags, str(outdir)], cwd=project, env=environment, check=True)
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
        synthesise(copy_checkout(here), tmp_path / "one"),
        synthesise(copy_checkout(there), tmp_path / "other"),
    )


def test_two_syntheses_in_two_folders_give_the_same_bytes(twice: tuple[dict[str, str], dict[str, str]]) -> None:
    """SageMaker fact 19: neither look-ups nor clocks may replace resources."""
    one, other = twice
    assert one == other
    assert sum(name.endswith(".template.json") for name in one) >= 5
    assert any(name.endswith(".tar.gz") for name in one), "the packed model is among them"
