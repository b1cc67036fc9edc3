"""The command line: `slipway`."""

import typer

from slipway.cli import changes, emulator, pipeline, project, server, services

app = typer.Typer(
    name="slipway",
    help="Put trained models in front of live traffic on AWS, or on the embedded AWS of this machine.",
    epilog="With `AWS_ENDPOINT_URL` set, the commands for deployed services call the embedded AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for commands in (emulator, project, services, changes, server, pipeline):
    commands.register(app)


def main() -> None:
    """Run the command that was named."""
    app(prog_name="slipway")
