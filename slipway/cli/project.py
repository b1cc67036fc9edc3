"""The command about a project as it is written: `validate`."""

from pathlib import Path

import typer

from inference_constructs.config import ConfigError, load_project
from slipway.cli.console import Project, console, sentences
from slipway.operations.console import print_sentences
from slipway.operations.errors import WrongUsageError


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command("validate", rich_help_panel="Project")(validate)


def validate(*, project: Project = Path()) -> None:
    """Read every YAML file of a project and check it, without a synthesis and without AWS.

    Exit status: 0 everything can be accepted; 2 something cannot, with a sentence for each problem.

    Example: `slipway validate --project ../shop`
    """
    with sentences():
        try:
            loaded = load_project(project)
        except ConfigError as error:
            raise WrongUsageError(str(error)) from error
    services = sum(len(environment.services) for environment in loaded.environments)
    stages = len(loaded.environments)
    pipeline = "a pipeline" if loaded.pipeline is not None else "no pipeline"
    print_sentences(
        console(), [f"Valid: {stages} environments, {services} services, {pipeline}."], mark="✓", style="green"
    )
