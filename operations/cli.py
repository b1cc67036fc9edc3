"""The command line: `python -m operations check|preflight|invoke|status`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from operations import deploy_check, reports
from operations.deploy_check import CheckSettings
from operations.golden.samples import MEDIA_TYPES, read_request, read_samples
from operations.live.aws import Aws, sentence_for
from operations.live.invocation import invoke as send
from operations.live.status import status_of
from operations.live.waiting import Patience
from operations.outcomes import ExitStatus, OperationError
from operations.preflight import comparison
from operations.preflight.assembly import read_template
from operations.preflight.plans import plan_of
from operations.preflight.template_values import Resolver
from operations.progress import progress
from operations.services import Selection, select

_EXITS = """Exit status: 0 all is well; 1 it is not, and why was printed; 2 wrong usage, or a file that cannot be read;
3 it took too long; 4 AWS could not be reached, or refused the credentials; 130 interrupted."""

app = typer.Typer(
    name="python -m operations",
    help="What people run against deployed services. With `AWS_ENDPOINT_URL` set it is run against the embedded AWS.",
    epilog=_EXITS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Environment = Annotated[str, typer.Argument(help="The environment, a file under environments/ without its .yaml.")]
Service = Annotated[str, typer.Argument(help="The service.")]
ServiceOrAll = Annotated[str | None, typer.Argument(help="The service; all of the environment's if it is left out.")]
Project = Annotated[
    Path, typer.Option(help="The folder that holds environments/ and model_artifacts/.", exists=True, file_okay=False)
]


@app.command(epilog=_EXITS)
def check(
    environment: Environment,
    service: ServiceOrAll = None,
    *,
    timeout_minutes: Annotated[float, typer.Option(min=0, help="How long to wait in all. 0 looks once.")] = 60,
    poll_seconds: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 15,
    requests: Annotated[int, typer.Option(min=1, help="How often every golden sample is sent, for the latency.")] = 20,
    strict_latency: Annotated[
        bool, typer.Option("--strict-latency", help="Fail, and not only warn, when the p99 is beyond the objective.")
    ] = False,
    project: Project = Path(),
) -> None:
    """Check a deployment: does what was deployed run, and does it answer its golden samples?

    Waits for stack and endpoint to settle; fails if SageMaker runs another configuration than the one deployed; then
    asks every variant every golden sample.

    Examples:
    - `python -m operations check dev`
    - `python -m operations check prod tumor-triage --requests 100 --strict-latency`
    """
    with _sentences():
        selection = select(project, environment, service)
        samples = {known.name: read_samples(known.samples) for known in selection.services}
        settings = CheckSettings(
            patience=Patience.of(timeout_minutes, poll_s=poll_seconds),
            requests=requests,
            strict_latency=strict_latency,
        )
        aws = _connect(selection)
        checked = []
        for known in selection.services:
            with progress(_console(stderr=True)) as tell:
                found = deploy_check.check_service(aws, known, samples[known.name], settings=settings, tell=tell)
            checked.append(found)
            reports.print_checked(_console(), found)
    raise typer.Exit(deploy_check.overall(checked))


@app.command(epilog=_EXITS)
def preflight(
    environment: Environment,
    service: ServiceOrAll = None,
    *,
    templates: Annotated[Path, typer.Option(help="The synthesised templates.")] = Path("cdk.out"),
    project: Project = Path(),
) -> None:
    """Compare the synthesised templates with what is live, before a deployment.

    Says what will change, and refuses what SageMaker would refuse half-way through the update. Run `make synth` first.

    Examples:
    - `python -m operations preflight dev`
    - `python -m operations preflight prod tumor-triage`
    """
    with _sentences():
        selection = select(project, environment, service)
        resolver = Resolver.of(selection.account, selection.region)
        plans = {
            known.name: plan_of(read_template(templates, selection, known), known.endpoint_name, resolver)
            for known in selection.services
        }
        aws = _connect(selection)
        found = [comparison.preflight(aws, known, plans[known.name], resolver) for known in selection.services]
    for one in found:
        reports.print_preflight(_console(), one)
    raise typer.Exit(ExitStatus.FAILED if any(one.refusals for one in found) else ExitStatus.GOOD)


@app.command(epilog=_EXITS)
def invoke(
    environment: Environment,
    service: Service,
    file: Annotated[Path, typer.Argument(help=f"The request; its suffix says its type: {', '.join(MEDIA_TYPES)}.")],
    *,
    variant: Annotated[str | None, typer.Option(help="The variant to answer; by weight if it is left out.")] = None,
    accept: Annotated[str | None, typer.Option(help="The media type wanted, such as text/csv.")] = None,
    project: Project = Path(),
) -> None:
    """Send one request; print the answer to stdout as it came, and variant and latency to stderr.

    Example: `python -m operations invoke dev tumor-triage record.json --accept text/csv`
    """
    with _sentences():
        (known,) = (selection := select(project, environment, service)).services
        body, content_type = read_request(file)
        answer = send(
            _connect(selection), known.endpoint_name, body, content_type=content_type, accept=accept, variant=variant
        )
    sys.stdout.buffer.write(answer.body)
    sys.stdout.buffer.flush()
    note = f"variant {answer.variant or 'unnamed'}, {answer.latency_ms:.1f} ms, {answer.content_type}"
    _console(stderr=True).print(note, markup=False, highlight=False, soft_wrap=True)


@app.command(epilog=_EXITS)
def status(environment: Environment, service: ServiceOrAll = None, *, project: Project = Path()) -> None:
    """Show what runs: endpoints, configurations, variants, scaling, ringing alarms. What it finds is never a failure.

    Example: `python -m operations status prod`
    """
    with _sentences():
        selection = select(project, environment, service)
        aws = _connect(selection)
        found = [status_of(aws, known) for known in selection.services]
    reports.print_status(_console(), found)


def _connect(selection: Selection) -> Aws:
    if selection.elsewhere:
        names = ", ".join(selection.elsewhere)
        _console(stderr=True).print(f"Left out, being on another backend than sagemaker: {names}.", highlight=False)
    aws = Aws.of_region(selection.region)
    aws.check_account(selection.account, environment=selection.environment)
    return aws


@contextmanager
def _sentences() -> Iterator[None]:
    """End the command with a sentence and an exit status, whatever goes wrong that can be foreseen."""
    try:
        yield
    except OperationError as error:
        _end(str(error), error.exit_status)
    except (ClientError, BotoCoreError) as error:
        _end(sentence_for(error), ExitStatus.AWS_REFUSED)


def _end(sentence: str, exit_status: ExitStatus) -> None:
    _console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(exit_status)


def _console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    # A log is no narrow terminal.
    return Console(stderr=stderr, width=None if stream.isatty() else 140)
