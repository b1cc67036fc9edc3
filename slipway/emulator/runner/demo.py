"""The demonstration: models go from their folders to real predictions, and nothing is left behind."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from slipway.emulator.common.processes import free_port
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner import instance
from slipway.emulator.runner.backends.backend import DemoError, NotInServiceError, first_sample
from slipway.emulator.runner.backends.registry import backend_of
from slipway.emulator.runner.cdk import ENVIRONMENT, CdkError
from slipway.emulator.runner.deployment import bring_up
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.inventory import tables
from slipway.emulator.runner.project import state_of
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.errors import OperationError
from slipway.operations.golden.answers import expected_of_any
from slipway.operations.golden.samples import read_samples
from slipway.operations.registry import backend_of as operations_of
from slipway.operations.selection import select
from slipway.operations.services import DeployedService

_SHOWN: Final = 100


def failed_log(project: Path) -> Path:
    """Where the log of a failed demonstration is kept."""
    return state_of(project) / "demo-failed.log"


def run(project: Path, console: Console) -> None:
    """Deploy, predict, show, and clean up, on a port and in a folder of its own.

    Args:
        project: The project whose environment `local` is deployed.
        console: Where everything is shown.

    Raises:
        DemoError: A prediction or an artifact is not the one expected.
    """
    workspace = Workspace(port=free_port(), folder=state_of(project) / f"demo-{os.getpid()}")
    steps = ProgressSteps(console)
    try:
        running = bring_up(workspace, project, steps)
        services = select(project, ENVIRONMENT).services
        for service in services:
            backend_of(service).show_artifacts(running, service, console)
            _predict(running, service, console)
        for twins in _of_one_folder(services):
            _compare(running, twins, console)
        for table in tables(running):
            console.print()
            console.print(table)
    except (CdkError, NotInServiceError, OperationError, DemoError):
        # The folder goes away, and the reason with it.
        shutil.copyfile(workspace.log, failed_log(project))
        raise
    finally:
        with steps.step("Stopping everything again"):
            instance.stop(workspace.folder)
            shutil.rmtree(workspace.folder, ignore_errors=True)
    console.print(
        f"\nDone in {steps.seconds:.0f} s. [bold]make up[/] does the same and keeps it running until ", end=""
    )
    console.print("[bold]make down[/].")


def _predict(running: Running, service: DeployedService, console: Console) -> None:
    """Ask a service for one prediction, and show it."""
    backend, samples = backend_of(service), read_samples(service.samples)
    sample = first_sample(samples)
    answer = backend.invoke(running.workspace, service, sample)
    console.print(f"\n[bold]A prediction[/] of {service.name} by {backend.way} for the record `{sample.name}`:")
    shown = " ".join(sample.request.decode().split())
    console.print(f"  request   {shown[:_SHOWN]} …", markup=False, highlight=False, soft_wrap=True)
    console.print(f"  response  {answer.decode().strip()}", markup=False, highlight=False, soft_wrap=True)
    if not expected_of_any(samples, sample, answer):
        raise DemoError(f"{sample.response.decode().strip()} was expected.")
    console.print("  [green]✓[/] exactly the answer that the model's golden sample expects")


def _of_one_folder(services: Sequence[DeployedService]) -> list[list[DeployedService]]:
    """Services that are made of the same folder of `model_artifacts/`, where there are several."""
    by_folder: dict[Path, list[DeployedService]] = {}
    for service in services:
        by_folder.setdefault(service.samples, []).append(service)
    return [twins for twins in by_folder.values() if len(twins) > 1]


def _compare(running: Running, twins: Sequence[DeployedService], console: Console) -> None:
    """Send every golden sample to services with the same model."""
    titles = " and ".join(dict.fromkeys(operations_of(service.backend).title for service in twins))
    console.print(f"\n[bold]The same model on {titles}[/]: {', '.join(service.name for service in twins)}")
    samples = read_samples(twins[0].samples)
    for sample in samples.shared:
        answers = [backend_of(service).invoke(running.workspace, service, sample) for service in twins]
        if len(set(answers)) > 1 or not expected_of_any(samples, sample, answers[0]):
            pairs = zip(twins, answers, strict=True)
            said = ", ".join(f"{service.name} answered {answer.decode().strip()}" for service, answer in pairs)
            raise DemoError(f"For {sample.request_file} {said}, and {sample.response.decode().strip()} was expected.")
        who = "both backends" if len(twins) == 2 else f"all {len(twins)} services"  # noqa: PLR2004
        console.print(f"  [green]✓[/] {sample.request_file}: {who} answer as expected, byte for byte the same")
