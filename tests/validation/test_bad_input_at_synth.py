"""Bad input to a synthesis is a sentence and exit status 2, and leaves no template behind."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import copy_checkout


def run_app(project: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": f"{project}/constructs",
        "CDK_OUTDIR": str(project / "cdk.out"),
    }
    return subprocess.run(
        [sys.executable, "app.py"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


REGION = ("environments/dev.yaml", "region: us-east-1", "region: moon")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (REGION, "environments/dev.yaml:4: region: `'moon'`"),
        (
            ("environments/dev.yaml", "min: 1", "min: 9"),
            "environments/dev.yaml:15: services.tumor-triage.scaling.min: `9`",
        ),
        (
            ("model_artifacts/tumor-triage/service.yaml", "path: model/", "path: nowhere"),
            "service.yaml:4: model.path: `'nowhere'` is no folder",
        ),
        (
            ("model_artifacts/tumor-triage/service.yaml", "build: serving", "build: docs"),
            "service.yaml:5: image.build: `'docs'` has no Dockerfile",
        ),
    ],
)
def test_it_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str, str], sentence: str
) -> None:
    project = _changed(tmp_path, *change)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(project / "app.py"), run_name="__main__")
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told


def test_the_program_ends_with_that_sentence_and_leaves_no_template(tmp_path: Path) -> None:
    project = _changed(tmp_path, *REGION)
    run = run_app(project)
    assert run.returncode == 2, run.stderr
    assert "environments/dev.yaml:4: region: `'moon'`" in run.stderr
    assert "Traceback" not in run.stderr
    assert not list((project / "cdk.out").rglob("*.template.json"))


def _changed(folder: Path, file: str, old: str, new: str) -> Path:
    project = copy_checkout(folder)
    text = (project / file).read_text()
    assert text.count(old) == 1
    (project / file).write_text(text.replace(old, new))
    return project
