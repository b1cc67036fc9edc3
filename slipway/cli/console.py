"""What the commands share: how they end, where they print, and the options that many have."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from slipway.operations.aws.clients import sentence_for
from slipway.operations.errors import ExitStatus, OperationError

EXIT_STATUSES = """Exit status: 0 all is well; 1 it is not, and why was printed; 2 wrong usage, or a file that cannot be
read; 3 it took too long; 4 AWS could not be reached, or rejected the credentials; 130 interrupted."""

Project = Annotated[
    Path, typer.Option(help="The folder that holds environments/ and model_artifacts/.", exists=True, file_okay=False)
]


@contextmanager
def sentences() -> Iterator[None]:
    """End the command with a sentence and an exit status, whatever goes wrong that can be foreseen."""
    try:
        yield
    except OperationError as error:
        _end(str(error), error.exit_status)
    except (ClientError, BotoCoreError) as error:
        _end(sentence_for(error), ExitStatus.AWS_ACCESS)


def console(*, stderr: bool = False) -> Console:
    """Stdout or stderr; a log is no narrow terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 140)


def _end(sentence: str, exit_status: ExitStatus) -> None:
    console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(exit_status)
