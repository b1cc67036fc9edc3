"""A project to run commands in, and AWS clients that answer what a test gives them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.operations.sagemaker.service import DeployedSageMakerService
from tests.operations.stubbed import Stubbed, stubbed_aws

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    with stubbed_aws() as clients:
        yield clients


@pytest.fixture
def service(tmp_path: Path) -> DeployedSageMakerService:
    samples = tmp_path / "samples"
    return DeployedSageMakerService(environment="dev", name="tumor-triage", latency_p99_ms=100, samples=samples)


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    """A copy of what the commands read of a project, to change at will."""
    folder = tmp_path / "project"
    for part in ("environments", "model_artifacts"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "serving").mkdir()
    shutil.copy2(ROOT / "slipway" / "serving" / "Dockerfile", folder / "serving")
    return folder
