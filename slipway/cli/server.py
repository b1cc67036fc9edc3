"""The commands of the model server: `serve`, `fetch` and `answer`, as they are in its image."""

import os
import sys
from typing import Final

import typer

#: The server has a command line of its own, since its image has nothing but the server.
_ITS_OWN: Final = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for name, command in (("serve", serve), ("fetch", fetch), ("answer", answer)):
        app.command(name, context_settings=dict(_ITS_OWN), rich_help_panel="Model server")(command)


def serve(context: typer.Context) -> None:
    """Serve a model folder over HTTP on this machine. `slipway serve --help` lists the options."""
    _hand_over(context)


def fetch(context: typer.Context) -> None:
    """Download a model.tar.gz from S3, check it, and unpack it. `slipway fetch --help` lists the options."""
    _hand_over(context)


def answer(context: typer.Context) -> None:
    """Write the answers that are expected for sample requests. `slipway answer --help` lists the options."""
    _hand_over(context)


def _hand_over(context: typer.Context) -> None:
    """Become the server's own process, so that signals reach it as they do in its container."""
    sys.stdout.flush()
    command = [sys.executable, "-m", "slipway.serving", str(context.command.name), *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - arguments as a list, and no shell
