"""How a command of the command line ends, and where it prints."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from operations.live.aws import sentence_for
from operations.outcomes import ExitStatus, OperationError


@contextmanager
def sentences() -> Iterator[None]:
    """End the command with a sentence and an exit status, whatever goes wrong that can be foreseen."""
    try:
        yield
    except OperationError as error:
        _end(str(error), error.exit_status)
    except (ClientError, BotoCoreError) as error:
        _end(sentence_for(error), ExitStatus.AWS_REFUSED)


def console(*, stderr: bool = False) -> Console:
    """Stdout or stderr; a log is no narrow terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 140)


def _end(sentence: str, exit_status: ExitStatus) -> None:
    console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(exit_status)
