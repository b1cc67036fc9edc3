"""What the embedded AWS leaves to a backend, and a toy that it knows nothing else of."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console, RenderableType

from slipway.emulator.common.processes import ProcessIdentity
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.backends.backend import first_sample, registered, shown_path, usage_sample
from slipway.emulator.runner.backends.eks import call
from slipway.emulator.runner.backends.eks_services import EksService
from slipway.emulator.runner.backends.registry import backend_of, backends
from slipway.emulator.runner.backends.sagemaker import SageMakerOnEmulator, calls
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.golden.samples import Sample, read_samples
from slipway.operations.sagemaker.service import DeployedSageMakerService
from slipway.operations.services import DeployedService


@dataclass(frozen=True, kw_only=True)
class DeployedToy(DeployedService):
    """A service in a box."""

    backend: ClassVar[str] = "toy"


class ToyOnEmulator:
    """Answers every sample as expected."""

    name = "toy"
    way = "asking the box"

    def wait_until_in_service(self, workspace: Workspace, steps: ProgressSteps) -> None:
        del workspace
        steps.console.print("the box is open")

    def show_usage(self, workspace: Workspace, services: Sequence[DeployedToy], console: Console) -> None:
        del workspace
        console.print(*(f"open {service.name}" for service in services))

    def show_artifacts(self, running: Running, service: DeployedToy, console: Console) -> None:
        del running, service, console

    def invoke(self, workspace: Workspace, service: DeployedToy, sample: Sample) -> bytes:
        del workspace, service
        return sample.response

    def tables(self, running: Running) -> Iterable[RenderableType]:
        yield f"one box at {running.workspace.port}"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "model_artifacts" / "churn" / "samples"
    folder.mkdir(parents=True)
    for name, content in {"a.request.csv": "1", "a.response.csv": "2", "b.request.json": "[1]"}.items():
        (folder / name).write_text(content)
    (folder / "b.response.json").write_text("[2]")
    return folder


@pytest.fixture
def service(samples: Path) -> DeployedSageMakerService:
    return DeployedSageMakerService(environment="local", name="churn", latency_p99_ms=None, samples=samples)


@pytest.fixture
def toy(samples: Path) -> Iterator[DeployedToy]:
    with registered(ToyOnEmulator()):
        yield DeployedToy(environment="local", name="blocks", latency_p99_ms=None, samples=samples)


def test_a_backend_is_found_by_its_services(toy: DeployedToy, service: DeployedSageMakerService) -> None:
    assert isinstance(backend_of(toy), ToyOnEmulator)
    assert isinstance(backend_of(service), SageMakerOnEmulator)
    assert [backend.name for backend in backends()] == ["sagemaker", "eks", "toy"]


def test_a_backend_that_is_not_registered(samples: Path) -> None:
    service = DeployedToy(environment="local", name="blocks", latency_p99_ms=None, samples=samples)
    with pytest.raises(LookupError, match="No backend `toy` is registered"):
        backend_of(service)


def test_usage_takes_the_first_sample_in_json(
    service: DeployedSageMakerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sample, path = usage_sample(service)
    assert (sample.name, path) == ("b.json", "model_artifacts/churn/samples/b.request.json")
    shown = io.StringIO()
    console = Console(file=shown, width=300)
    SageMakerOnEmulator().show_usage(Workspace(4800, tmp_path), [service], console)
    shell, python = calls("local-churn", path, "application/json")
    assert all(line.strip() in shown.getvalue() for line in f"{shell}\n{python}".splitlines())


def test_without_json_it_is_the_first_of_all(samples: Path) -> None:
    (samples / "b.request.json").unlink()
    assert first_sample(read_samples(samples)).request_file == "a.request.csv"


def test_paths_outside_of_the_current_folder_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown_path(tmp_path / "here" / "ca.pem") == "ca.pem"
    assert shown_path(tmp_path / "ca.pem") == str(tmp_path / "ca.pem")
    live = EksService(name="churn", cluster="slipway-local", host="churn.example.com", address="localhost:4801")
    way = call(Workspace(4800, tmp_path), live, "a.request.csv", "text/csv")
    assert way.startswith(f"curl --cacert {tmp_path / 'ca.pem'} ")
    assert way.endswith("--header 'Content-Type: text/csv' --data-binary @a.request.csv")


def test_its_tables_are_shown(toy: DeployedToy, tmp_path: Path) -> None:
    identity = ProcessIdentity(pid=0, started=1.0, what="embedded AWS")
    running = Running(Workspace(4800, tmp_path), identity)
    assert list(backend_of(toy).tables(running)) == ["one box at 4800"]
