"""A backend is a plug-in of the commands: one that is registered here is checked, asked and shown like the others."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from inference_constructs.config import Environment, Service, load_project
from inference_constructs.config.backends import registered as registered_in_config
from slipway.cli.main import app
from slipway.operations.aws.clients import Aws
from slipway.operations.aws.stacks import find_stack
from slipway.operations.backend import Compare, Request, Tools, registered
from slipway.operations.console import print_sentences, table_of
from slipway.operations.errors import ExitStatus
from slipway.operations.golden.answers import Answer, InvocationError, wrong_with
from slipway.operations.golden.samples import Samples
from slipway.operations.preflight import PreflightResult
from slipway.operations.registry import backend_of, by_backend
from slipway.operations.selection import select
from slipway.operations.services import DeployedService, Selection
from slipway.operations.templates.assembly import read_template
from slipway.operations.templates.template_values import Resolver
from stacks.application import create_app
from stacks.backends import registered as registered_in_stacks
from tests.operations.stubbed import ACCOUNT, BEGAN, CREATED, REGION, Stubbed
from tests.unit.config.projects import ENVIRONMENT, write_project
from tests.validation.test_toy_backend import ON_TOY, ServiceOnToy, ToyConfig, ToyStacks

STACK = "slipway-dev-service-triage"


@dataclass(frozen=True, kw_only=True)
class DeployedToy(DeployedService):
    """A service in a box."""

    backend: ClassVar[str] = "toy"

    colour: str


@dataclass(frozen=True, kw_only=True)
class CheckedToy:
    """What the check of a toy came to."""

    problems: tuple[str, ...]

    @property
    def exit_status(self) -> ExitStatus:
        return ExitStatus.FAILED if self.problems else ExitStatus.GOOD


class ToyBackend:
    """Says its colour to every request, as long as it is asked in the right type."""

    name = "toy"
    title = "Toy"
    entry_type = "AWS::Toy::Box"
    pins_archives = False

    def describe(self, service: Service, environment: Environment, *, samples: Path) -> DeployedToy:
        assert isinstance(service, ServiceOnToy)
        return DeployedToy(
            environment=environment.name,
            name=service.name,
            latency_p99_ms=None,
            samples=samples,
            colour=service.toy.colour,
        )

    def entry_point(self, service: DeployedService) -> str:
        return f"box {service.full_name}"

    def check(self, service: DeployedToy, samples: Samples, tools: Tools, *, bake: bool) -> Sequence[CheckedToy]:
        assert not bake
        answers = [(sample, self._answer(service, sample.content_type)) for sample in samples.shared]
        problems = tuple(wrong for sample, answer in answers if (wrong := wrong_with(sample, answer)) is not None)
        print_sentences(tools.console, problems or [f"{service.full_name} is {service.colour}."], mark="·", style="dim")
        return [CheckedToy(problems=problems)]

    def preflight(self, service: DeployedToy, selection: Selection, templates: Path, resolver: Resolver) -> Compare:
        del resolver
        colour = read_template(templates, selection, service.stack_name)["Outputs"]["Colour"]["Value"]
        return lambda _: [PreflightResult(name=service.full_name, refusals=(), changes=(f"The box will be {colour}.",))]

    def status(self, aws: Aws, services: Sequence[DeployedToy], console: Console) -> None:
        table = table_of("service", "stack", "colour")
        for service in services:
            stack = find_stack(aws, service.stack_name)
            table.add_row(service.full_name, stack.status if stack else "none", service.colour)
        console.print(table)

    def invoke(self, aws: Aws, service: DeployedToy, request: Request, *, trusted: ssl.SSLContext) -> Answer:
        del aws, trusted
        if request.variant is not None:
            raise InvocationError(f"{service.full_name} has no variants.")
        return self._answer(service, request.content_type)

    def _answer(self, service: DeployedToy, content_type: str) -> Answer:
        return Answer(body=f"{service.colour}\n".encode(), content_type=content_type, variant="", latency_ms=1)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch, stubbed: Stubbed) -> Iterator[None]:
    monkeypatch.setattr(Aws, "of_region", lambda _: stubbed.aws)
    monkeypatch.setattr(Aws, "check_account", lambda *_, **__: None)
    with registered_in_config(ToyConfig()), registered_in_stacks(ToyStacks()), registered(ToyBackend()):
        yield


@pytest.fixture
def toy_project(tmp_path: Path) -> Path:
    folder = write_project(tmp_path, service=ON_TOY, environment=f"{dedent(ENVIRONMENT)}toy: {{shelves: 1}}\n")
    samples = folder / "model_artifacts" / "triage" / "samples"
    samples.mkdir()
    (samples / "patient.request.csv").write_text("1,2\n")
    (samples / "patient.response.csv").write_text("red\n")
    return folder


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--project", str(folder)])


def test_its_status_is_shown(toy_project: Path, stubbed: Stubbed) -> None:
    described = {
        "StackName": STACK,
        "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/1",
        "CreationTime": CREATED,
        "LastUpdatedTime": BEGAN,
        "StackStatus": "UPDATE_COMPLETE",
    }
    stubbed.answer("cloudformation", "describe_stacks", {"Stacks": [described]}, StackName=STACK)
    shown = run(toy_project, "status", "dev")
    assert shown.exit_code == 0, shown.output
    assert all(part in shown.stdout for part in ("dev-triage", "UPDATE_COMPLETE", "red"))


def test_it_is_checked_with_its_golden_samples(toy_project: Path) -> None:
    checked = run(toy_project, "check", "dev", "triage")
    assert (checked.exit_code, checked.stdout) == (0, "· dev-triage is red.\n")
    (toy_project / "model_artifacts" / "triage" / "samples" / "patient.response.csv").write_text("blue\n")
    checked = run(toy_project, "check", "dev")
    assert checked.exit_code == 1
    assert "row 1, column 1: expected blue, got red." in checked.stdout


def test_it_answers_one_request(toy_project: Path) -> None:
    request = str(toy_project / "model_artifacts" / "triage" / "samples" / "patient.request.csv")
    answered = run(toy_project, "invoke", "dev", "triage", request)
    assert (answered.exit_code, answered.stdout) == (0, "red\n")
    refused = run(toy_project, "invoke", "dev", "triage", request, "--variant", "main")
    assert (refused.exit_code, refused.stderr) == (1, "dev-triage has no variants.\n")


def test_its_template_is_made_of_yaml_and_compared(toy_project: Path, feature_flags: dict[str, Any]) -> None:
    templates = toy_project / "cdk.out"
    create_app(load_project(toy_project), context=feature_flags, outdir=templates).synth()
    found = run(toy_project, "preflight", "dev", "--templates", str(templates))
    expected = "· The box will be red.\n✓ Nothing is known to be in the way of dev-triage.\n"
    assert (found.exit_code, found.stdout) == (0, expected)


def test_a_backend_that_is_not_registered() -> None:
    with pytest.raises(LookupError, match="No backend `tin` is registered"):
        backend_of("tin")


def test_services_go_to_their_own_backends(toy_project: Path) -> None:
    services = select(toy_project, "dev").services
    ((backend, own),) = by_backend(services)
    assert (backend.title, own) == ("Toy", list(services))
