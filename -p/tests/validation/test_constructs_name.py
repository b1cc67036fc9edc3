"""The folder `constructs/` must not hide the PyPI package `constructs` that the CDK itself imports."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_constructs_is_a_source_root_and_not_a_package() -> None:
    assert not (ROOT / "constructs" / "__init__.py").exists(), (
        "constructs/__init__.py hides the PyPI package `constructs`: remove it, the library is inference_constructs"
    )


def test_from_the_checkout_root_the_cdk_still_finds_the_pypi_package() -> None:
    program = "import constructs, aws_cdk; print(constructs.__file__); constructs.Construct"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert not Path(run.stdout.strip()).is_relative_to(ROOT / "constructs")
