"""The commands that the pipeline's steps run: `protect`, `watch` and `deployed-templates`."""

from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from slipway.cli.console import EXIT_STATUSES, Project, console, sentences
from slipway.operations.aws.clients import Aws
from slipway.operations.console import print_sentences, progress
from slipway.operations.pipeline.alarm_watch import Watch
from slipway.operations.pipeline.alarm_watch import watch as watch_alarms
from slipway.operations.pipeline.termination_protection import protect as protect_stacks
from slipway.operations.pipeline.termination_protection import stacks_to_protect
from slipway.operations.selection import select
from slipway.operations.templates.deployed_templates import cannot_be_assumed, fetch, proposed_templates

_Environment = Annotated[
    str, typer.Argument(help="The environment, with its region where it is not the first: prod-eu-west-1.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for name, command in (("protect", protect), ("watch", watch), ("deployed-templates", deployed_templates)):
        app.command(name, epilog=EXIT_STATUSES, rich_help_panel="Steps of the pipeline")(command)


def protect(
    environment: _Environment,
    *,
    templates: Annotated[Path, typer.Option(help="What `cdk synth` wrote.", file_okay=False)] = Path("cdk.out"),
    project: Project = Path(),
) -> None:
    """Turn on termination protection for the stacks that the synthesised templates protect.

    `cdk deploy` does so by itself; a pipeline cannot. Nothing is ever unprotected.

    Example: `slipway protect prod`
    """
    with sentences():
        selection = select(project, environment, needs_services=False)
        stacks = stacks_to_protect(templates, environment)
        aws = Aws.of_region(selection.region)
        aws.check_account(selection.account, environment=selection.environment)
        found = protect_stacks(aws, stacks)
    if found.problems:
        print_sentences(console(), found.problems, mark="✗", style="red")
    else:
        sentence = (
            f"{environment}: {found.stacks} stacks are protected from deletion, {len(found.changed)} of them newly."
        )
        print_sentences(console(), [sentence], mark="✓", style="green")
    raise typer.Exit(found.exit_status)


def watch(
    environment: _Environment,
    *,
    minutes: Annotated[float, typer.Option(min=0, help="For how long. 0 looks once.")] = 10,
    poll_seconds: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 30,
    project: Project = Path(),
) -> None:
    """Watch the alarms of an environment; fail as soon as one of them goes off.

    Alarms whose only action is to scale something are left out.

    Example: `slipway watch staging --minutes 15`
    """
    with sentences():
        selection = select(project, environment)
        aws = Aws.of_region(selection.region)
        aws.check_account(selection.account, environment=selection.environment)
        with progress(console(stderr=True)) as on_progress:
            how = Watch(seconds=minutes * 60, poll_s=poll_seconds)
            found = watch_alarms(aws, selection, how, on_progress=on_progress)
    if found.problems:
        print_sentences(console(), found.problems, mark="✗", style="red")
    else:
        sentence = f"None of the {found.alarms} alarms of {environment} went off within {minutes:g} minutes."
        print_sentences(console(), [sentence], mark="✓", style="green")
    raise typer.Exit(found.exit_status)


def deployed_templates(
    environment: _Environment,
    *,
    deployed: Annotated[Path, typer.Option(help="The folder for what is deployed.", file_okay=False)],
    proposed: Annotated[Path, typer.Option(help="The folder for what the synthesis proposes.", file_okay=False)],
    templates: Annotated[Path, typer.Option(help="What `cdk synth` wrote.", file_okay=False)] = Path("cdk.out"),
    project: Project = Path(),
) -> None:
    """Fetch the deployed templates of an environment, for `diff-templates DEPLOYED PROPOSED`.

    A stack that is not deployed is an empty template, so that everything in it is shown as added.

    Example: `slipway deployed-templates prod --deployed review/deployed --proposed review/proposed`
    """
    with sentences():
        selection = select(project, environment, needs_services=False)
        wanted = proposed_templates(templates, environment)
        aws: Aws | None = Aws.of_region(selection.region)
        try:
            if aws is not None:
                aws.check_account(selection.account, environment=selection.environment)
        except ClientError as error:
            if not cannot_be_assumed(error):
                raise
            sentence = f"{environment} has no role to read it with yet ({error}): everything is shown as new."
            print_sentences(console(stderr=True), [sentence], mark="!", style="yellow")
            aws = None
        found = fetch(aws, wanted, environment, deployed=deployed, beside=proposed)
    sentence = f"{environment}: {found.stacks} stacks, {len(found.missing)} of them not deployed yet."
    print_sentences(console(), [sentence], mark="✓", style="green")
