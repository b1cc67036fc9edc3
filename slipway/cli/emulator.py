"""The commands of the embedded AWS: `up`, `down`, `demo` and `types`."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from slipway.emulator.common.workspace import CHECKOUT, LAYERS, MINUTE_SECONDS, Workspace
from slipway.emulator.runner import demo as demonstration
from slipway.emulator.runner import deployment, instance
from slipway.emulator.runner.backends.backend import DemoError, NotInServiceError
from slipway.emulator.runner.cdk import CdkError
from slipway.emulator.runner.instance import InstanceError, PortTakenError, Running
from slipway.emulator.runner.inventory import tables
from slipway.emulator.runner.project import project_folder, state_of
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.errors import OperationError

_FAILED, _WRONG_USAGE, _NOT_RUNNING, _INTERRUPTED = 1, 2, 3, 130

# A log is no narrow terminal.
console = Console(width=None if sys.stdout.isatty() else 140)
_errors = Console(stderr=True)

Port = Annotated[int, typer.Option(min=1, max=65535, envvar="PORT", help="The loopback port to listen on.")]
MinuteSeconds = Annotated[
    float,
    typer.Option(
        min=0.1, max=60, envvar="MINUTE_SECONDS", help="How many seconds a minute of a rollout lasts; 60 as on AWS."
    ),
]


Project = Annotated[
    Path | None,
    typer.Option(
        help="The project to deploy; the current folder if it is one, else the checkout of this program.",
        exists=True,
        file_okay=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for name, command in (("up", up), ("down", down), ("demo", demo), ("types", types)):
        app.command(name, rich_help_panel="Embedded AWS")(command)


def up(port: Port = 4566, minute_seconds: MinuteSeconds = MINUTE_SECONDS, *, project: Project = None) -> None:
    """Start the embedded AWS, deploy the environment `local`, and keep both running.

    With one running already, what has changed is deployed to that one, and its minutes stay as they are.

    Exit status: 0 done, 1 the deployment failed or was rolled back (the embedded AWS goes on running, to be looked at),
    2 the port is taken, or the project is none.
    """
    steps, folder = ProgressSteps(console), _project(project)
    running = Running.find(_state(folder))
    workspace = running.workspace if running else Workspace(port, _state(folder))
    try:
        if running:
            console.print(
                f"An embedded AWS runs already at {workspace.url}. Deploying what has changed.", highlight=False
            )
            deployment.redeploy(running, folder, steps)
        else:
            deployment.bring_up(workspace, folder, steps, minute_seconds)
        deployment.show_usage(Running.find(_state(folder)) or _gone(), folder, console)
    except PortTakenError as error:
        _fail(str(error), _WRONG_USAGE)
    except (CdkError, NotInServiceError) as error:
        _errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        _fail(
            f"The deployment failed. The embedded AWS goes on running at {workspace.url}; `make down` ends it.", _FAILED
        )
    except InstanceError as error:
        _fail(str(error), _FAILED)
    except OperationError as error:
        _fail(str(error), error.exit_status)
    except KeyboardInterrupt:
        if running is None:
            instance.stop(_state(folder))
            _fail("Interrupted. Everything that was started is stopped.", _INTERRUPTED)
        _fail("Interrupted. The embedded AWS that ran before goes on running.", _INTERRUPTED)


def down(*, project: Project = None) -> None:
    """Stop the embedded AWS and every model server, and remove their files. Does no harm if none runs.

    Exit status: 0 nothing runs any more.
    """
    stopped = instance.stop(_state(_project(project)))
    for process in stopped:
        console.print(f"Stopped {process.what} ({process.pid}).", highlight=False)
    if not stopped:
        console.print("No embedded AWS was running.")
    if LAYERS.is_dir():
        layers = f"{LAYERS.relative_to(CHECKOUT)}/"
        console.print(f"Kept: {layers}, unpacked Lambda layers for the next start (`make clean`).", highlight=False)


def status(project: Path | None = None) -> None:
    """Show what runs: endpoints, variants, model servers, scaling, alarms.

    Exit status: 0 it runs, 3 nothing runs.
    """
    running = Running.find(_state(_project(project)))
    if running is None:
        console.print("No embedded AWS is running. Start one with `make up`.")
        raise typer.Exit(_NOT_RUNNING)
    console.print(f"The embedded AWS runs at {running.workspace.url} ({running.identity.pid}).", highlight=False)
    try:
        for table in tables(running):
            console.print(table)
    except InstanceError as error:
        _fail(str(error), _FAILED)


def types() -> None:
    """List the resource types that can be deployed, and how much there is behind each.

    Exit status: 0 always.
    """
    # Importing the emulators takes seconds, and no other command needs them in this process.
    from slipway.emulator.cloudformation.registry import catalogue  # noqa: PLC0415

    table = Table("type", "effect", "behind it")
    for entry in catalogue():
        table.add_row(entry.name, entry.effect.value, entry.behind)
    console.print(table)


def demo(*, project: Project = None) -> None:
    """Deploy a model and make a prediction with it, show what was deployed, and leave nothing running.

    One that `up` started is left alone. Exit status: 0 all was as expected, 1 it was not.
    """
    folder = _project(project)
    try:
        demonstration.run(folder, console)
    except (CdkError, NotInServiceError, InstanceError, OperationError, DemoError) as error:
        _errors.print(str(error), markup=False, highlight=False, soft_wrap=True)
        log = demonstration.failed_log(folder)
        _fail(f"The demonstration failed; what it had started is stopped. Logs: {log}", _FAILED)
    except KeyboardInterrupt:
        _fail("Interrupted; what the demonstration had started is stopped.", _INTERRUPTED)


def _project(given: Path | None) -> Path:
    """The project that a command is about; ends the command if it is none."""
    try:
        return project_folder(given)
    except OperationError as error:
        _fail(str(error), error.exit_status)


def _state(project: Path) -> Path:
    """Where the embedded AWS that `up` starts keeps its files."""
    return state_of(project) / "aws"


def _gone() -> Running:
    raise InstanceError("The embedded AWS ended during the deployment.")


def _fail(sentence: str, status_code: int) -> NoReturn:
    _errors.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(status_code)
