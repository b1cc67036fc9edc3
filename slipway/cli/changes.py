"""The commands about changes of the project's own files: `promote`, `diff-env` and `diff-templates`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.console import EXIT_STATUSES, Project, console, sentences
from slipway.operations.console import print_sentences
from slipway.operations.environment_diff.comparison import compare
from slipway.operations.environment_diff.report import print_comparison
from slipway.operations.errors import OperationError, WrongUsageError
from slipway.operations.promotion.promote import promote as find_promotion
from slipway.operations.promotion.request import PromotionRequest
from slipway.operations.template_diff.markdown import markdown
from slipway.operations.template_diff.snapshots.models import model_changes
from slipway.operations.template_diff.template_sources import models_at, models_in, templates_at, templates_in
from slipway.operations.template_diff.templates import compare_templates

SNAPSHOTS = Path("tests/snapshots/test_templates")
_SNAPSHOTS_ONLY = "This compares snapshots: `make snapshots` writes them after a change, and a test fails without it."


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for name, command in (("promote", promote), ("diff-env", diff_env), ("diff-templates", diff_templates)):
        app.command(name, epilog=EXIT_STATUSES, rich_help_panel="Changes")(command)


def promote(
    service: Annotated[str, typer.Argument(help="A folder of model_artifacts/, or a name in ENVIRONMENT.")],
    *,
    environment: Annotated[
        str | None, typer.Option(help="Edit the override in this environment's file, not the service.yaml.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Only this one of the environment's regions.")] = None,
    model_path: Annotated[str | None, typer.Option(help="A folder beside service.yaml, such as model/.")] = None,
    s3_uri: Annotated[str | None, typer.Option(help="An archive (KEY.tar.gz) or a prefix (…/) in S3.")] = None,
    s3_version: Annotated[str | None, typer.Option(help="Refused: every model needs a key of its own.")] = None,
    model_package: Annotated[
        str | None, typer.Option(help="An approved version of a model package, by its ARN.")
    ] = None,
    latest_approved: Annotated[str | None, typer.Option(help="A model package group: its newest approved one.")] = None,
    package_artifacts: Annotated[str | None, typer.Option(help="The S3 prefix with the package's model.")] = None,
    kms_key_arn: Annotated[str | None, typer.Option(help="The customer's key that encrypts the model.")] = None,
    sha256: Annotated[
        bool | None, typer.Option("--sha256/--no-sha256", help="Pin the archive's checksum; always so on EKS.")
    ] = None,
    inherit: Annotated[bool, typer.Option("--inherit", help="Take the pin out: the one behind it counts.")] = False,
    image: Annotated[
        str | None, typer.Option(help="build:FOLDER, an image in ECR, REPOSITORY:TAG of AWS's containers, or inherit.")
    ] = None,
    version: Annotated[
        str, typer.Option("--as", help="Which version gets the model: main, candidate, shadow, or a variant's name.")
    ] = "main",
    step: Annotated[int | None, typer.Option(min=0, max=10, help="How far the traffic is with the candidate.")] = None,
    finish: Annotated[bool, typer.Option("--finish", help="Make the candidate's model the service's.")] = False,
    drop_candidate: Annotated[bool, typer.Option("--drop-candidate", help="Remove the candidate.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change, and write nothing.")] = False,
    project: Project = Path(),
) -> None:
    """Move a service to another model: check that it is there and approved, and edit the pin in its YAML.

    The change goes to stdout as a diff; commit it, and deploy. Rollback is the same command with the previous pin.

    Examples:
    - `slipway promote tumor-triage --model-path model-2/ --dry-run`
    - `slipway promote churn --latest-approved churn --environment prod`
    - `slipway promote ranking --as candidate --s3-uri s3://models/2.1.0/model.tar.gz`
    """
    request = PromotionRequest(
        project=project,
        service=service,
        environment=environment,
        region=region,
        model_path=model_path,
        s3_uri=s3_uri,
        s3_version=s3_version,
        model_package=model_package,
        latest_approved=latest_approved,
        package_artifacts=package_artifacts,
        kms_key_arn=kms_key_arn,
        sha256=sha256,
        inherit=inherit,
        image=image,
        version=version,
        step=step,
        finish=finish,
        drop_candidate=drop_candidate,
    )
    with sentences():
        found = find_promotion(request)
        if found.diff and not dry_run:
            found.write()
    sys.stdout.write(found.diff)
    errors = console(stderr=True)
    if not found.diff:
        print_sentences(errors, [f"{found.name} is up to date; nothing was changed."], mark="·", style="dim")
        return
    print_sentences(errors, found.notes, mark="·", style="dim")
    written = f"This would be written to {found.name}." if dry_run else f"Written to {found.name}."
    print_sentences(errors, [written, f"To undo: {found.undo}"], mark="✓", style="green")


def diff_env(
    first: Annotated[str, typer.Argument(metavar="A", help="An environment.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    *,
    everything: Annotated[bool, typer.Option("--all", help="Show values that are the same, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    project: Project = Path(),
) -> None:
    """Show in what two environments differ, after every override and default.

    Example: `slipway diff-env staging prod`
    """
    with sentences():
        found = compare(project, first, second, everything=everything)
    if as_json:
        sys.stdout.write(json.dumps(found.as_json(), indent=2, ensure_ascii=False) + "\n")
    else:
        print_comparison(console(), found)


def diff_templates(
    base: Annotated[Path | None, typer.Argument(help="Templates before: cdk.out or a folder of snapshots.")] = None,
    head: Annotated[Path | None, typer.Argument(help="Templates after.")] = None,
    *,
    git: Annotated[str | None, typer.Option(help="Instead: the snapshots since this branch left REF.")] = None,
    snapshots: Annotated[Path, typer.Option(help="The folder of snapshots, with --git.")] = SNAPSHOTS,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    title: Annotated[str, typer.Option(help="The heading.")] = "Template changes",
) -> None:
    """Summarise in Markdown what changes in the templates, and what of it makes them more permissive.

    Examples:
    - `slipway diff-templates --git origin/main`
    - `slipway diff-templates deployed/cdk.out cdk.out --output change.md`
    """
    with sentences():
        models: list[str] = []
        hint = ""
        if git is not None and base is None:
            before, after = templates_at(git, snapshots), templates_in(snapshots)
            models = list(model_changes(models_at(git, snapshots), models_in(snapshots)))
            hint = _SNAPSHOTS_ONLY
        elif git is None and base is not None and head is not None:
            before, after = templates_in(base, may_be_empty=True), templates_in(head)
        else:
            raise WrongUsageError("diff-templates: accepted: two folders, BASE and HEAD, or --git REF.")
        text = markdown(compare_templates(before, after), title=title, models=models, hint=hint)
        _put(text, output)


def _put(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperationError(f"{output} cannot be written: {error.strerror}.") from error
