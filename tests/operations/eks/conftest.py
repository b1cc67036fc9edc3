"""A service on EKS."""

from pathlib import Path

import pytest

from slipway.operations.eks.service import DeployedEksService


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def on_eks(tmp_path: Path) -> DeployedEksService:
    return DeployedEksService(environment="dev", name="tumor-triage", latency_p99_ms=100, samples=tmp_path / "samples")
