"""The commands about deployed services: `check`, `preflight`, `invoke` and `status`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from slipway.cli import emulator
from slipway.cli.console import EXIT_STATUSES, Project, console, sentences
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.tls import tls_context
from slipway.operations.aws.waiting import WaitPolicy
from slipway.operations.backend import Request, Tools
from slipway.operations.check import CheckResult, CheckSettings, overall
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.samples import MEDIA_TYPES, read_request, read_samples
from slipway.operations.preflight import print_preflight
from slipway.operations.registry import backend_of, by_backend
from slipway.operations.selection import select
from slipway.operations.services import Selection
from slipway.operations.templates.template_values import Resolver

Environment = Annotated[str, typer.Argument(help="The environment, a file under environments/ without its .yaml.")]
Service = Annotated[str, typer.Argument(help="The service.")]
ServiceOrAll = Annotated[str | None, typer.Argument(help="The service; all of the environment's if it is left out.")]
CaFile = Annotated[
    Path | None,
    typer.Option(
        help="On EKS: certificates of the private authority behind the load balancer's, as PEM.",
        exists=True,
        dir_okay=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for name, command in (("check", check), ("preflight", preflight), ("invoke", invoke), ("status", status)):
        app.command(name, epilog=EXIT_STATUSES, rich_help_panel="Deployed services")(command)


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
    bake: Annotated[
        bool,
        typer.Option(
            "--bake",
            help="On EKS, afterwards watch the alarms for the rollout's bake_minutes, if a candidate is there.",
        ),
    ] = False,
    ca_file: CaFile = None,
    project: Project = Path(),
) -> None:
    """Check a deployment: does what was deployed run, and does it answer its golden samples?

    On SageMaker it waits for stack and endpoint to settle, and fails if SageMaker runs another configuration than the
    one deployed. On EKS it waits for the rollout of every variant in every cell and for healthy targets. Then it asks
    every variant, every golden sample. A failure comes with its reason.

    Examples:
    - `slipway check dev`
    - `slipway check prod tumor-triage --requests 100 --strict-latency`
    - `slipway check prod tumor-triage --bake`
    """
    with sentences():
        selection = select(project, environment, service)
        samples = {known.name: read_samples(known.samples) for known in selection.services}
        settings = CheckSettings(
            wait_policy=WaitPolicy.of(timeout_minutes, poll_s=poll_seconds),
            requests=requests,
            strict_latency=strict_latency,
        )
        trusted = tls_context(ca_file)
        aws = _connect(selection)
        checked: list[CheckResult] = []
        for known in selection.services:
            tools = Tools(aws=aws, settings=settings, trusted=trusted, console=console(), progress=console(stderr=True))
            checked += backend_of(known.backend).check(known, samples[known.name], tools, bake=bake)
    raise typer.Exit(overall(checked))


def preflight(
    environment: Environment,
    service: ServiceOrAll = None,
    *,
    templates: Annotated[Path, typer.Option(help="The synthesised templates.")] = Path("cdk.out"),
    project: Project = Path(),
) -> None:
    """Compare the synthesised templates with what is live, before a deployment.

    Lists what will change, and rejects what SageMaker would reject half-way through, or what would fail requests
    on EKS. Run `make synth` first.

    Examples:
    - `slipway preflight dev`
    - `slipway preflight prod tumor-triage`
    """
    with sentences():
        selection = select(project, environment, service)
        resolver = Resolver.of(selection.account, selection.region)
        plans = [
            backend_of(known.backend).preflight(known, selection, templates, resolver) for known in selection.services
        ]
        aws, refused = _connect(selection), False
        for compare in plans:
            for found in compare(aws):
                print_preflight(console(), found)
                refused = refused or bool(found.refusals)
    raise typer.Exit(ExitStatus.FAILED if refused else ExitStatus.GOOD)


def invoke(
    environment: Environment,
    service: Service,
    file: Annotated[
        Path, typer.Argument(help=f"The request; its suffix sets its media type: {', '.join(MEDIA_TYPES)}.")
    ],
    *,
    variant: Annotated[str | None, typer.Option(help="The variant, to answer; by weight if it is left out.")] = None,
    accept: Annotated[str | None, typer.Option(help="The media type wanted, such as text/csv.")] = None,
    ca_file: CaFile = None,
    project: Project = Path(),
) -> None:
    """Send one request; print the answer to stdout as it came, and variant and latency to stderr.

    Example: `slipway invoke dev tumor-triage record.json --accept text/csv`
    """
    with sentences():
        (known,) = (selection := select(project, environment, service)).services
        body, content_type = read_request(file)
        trusted = tls_context(ca_file)
        aws = _connect(selection)
        request = Request(body=body, content_type=content_type, accept=accept, variant=variant)
        answer = backend_of(known.backend).invoke(aws, known, request, trusted=trusted)
    sys.stdout.buffer.write(answer.body)
    sys.stdout.buffer.flush()
    note = f"variant {answer.variant or 'unnamed'}, {answer.latency_ms:.1f} ms, {answer.content_type}"
    console(stderr=True).print(note, markup=False, highlight=False, soft_wrap=True)


def status(
    environment: Annotated[
        str | None, typer.Argument(help="The environment; what runs on the embedded AWS if it is left out.")
    ] = None,
    service: ServiceOrAll = None,
    *,
    project: Project = Path(),
) -> None:
    """Show what runs: variants, scaling, alarms in ALARM. Findings never fail the command.

    Without an environment: the endpoints, model servers and pods of the embedded AWS; exit status 3 if none runs.

    Examples:
    - `slipway status`
    - `slipway status prod`
    """
    if environment is None:
        emulator.status(None if project == Path() else project)
        return
    with sentences():
        selection = select(project, environment, service)
        aws = _connect(selection)
        for backend, services in by_backend(selection.services):
            backend.status(aws, services, console())


def _connect(selection: Selection) -> Aws:
    aws = Aws.of_region(selection.region)
    aws.check_account(selection.account, environment=selection.environment)
    return aws
