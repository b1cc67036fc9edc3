"""What people see of a command that cannot do its work: a sentence and an exit status."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from slipway.cli.main import app
from tests.conftest import pytest_configure
from tests.operations.conftest import ROOT
from tests.operations.stand_in import identity_of, refusal, stand_in


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--project", str(folder)])


def sentence(result: Result, exit_status: int) -> str:
    """The one sentence that a command ended with."""
    assert result.exit_code == exit_status, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


COMMANDS = {
    "check": (),
    "preflight": (),
    "status": (),
    "invoke": ("tumor-triage", str(ROOT / "model_artifacts/tumor-triage/samples/benign-patient.request.csv")),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_environment(project_folder: Path, command: str) -> None:
    told = sentence(run(project_folder, command, "pord", *COMMANDS[command]), 2)
    assert told.startswith("There is no environment `pord`; there is dev, ")


def test_an_unknown_service(project_folder: Path) -> None:
    told = sentence(run(project_folder, "check", "local", "tumour-triage"), 2)
    assert told == "The environment local runs no service `tumour-triage`; it runs tumor-triage, tumor-triage-eks."


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    told = sentence(run(tmp_path, "status", "local"), 2)
    assert told.endswith("has no environments/*.yaml; run this in the project, or use --project.")


def test_an_environment_that_cannot_be_accepted(project_folder: Path) -> None:
    file = project_folder / "environments" / "local.yaml"
    file.write_text(file.read_text().replace("region: us-east-1", "region: 7"))
    told = sentence(run(project_folder, "status", "local"), 2)
    assert re.match(r"environments/local\.yaml:\d+: region: `7`; accepted: ", told)


def test_samples_that_cannot_be_used(project_folder: Path) -> None:
    samples = project_folder / "model_artifacts" / "tumor-triage" / "samples"
    (samples / "benign-patient.response.csv").unlink()
    (samples / "benign-patient.response.json").unlink()
    told = sentence(run(project_folder, "check", "local"), 2)
    assert "benign-patient.request.csv has no expected answer beside it" in told


def test_templates_that_were_not_synthesised(project_folder: Path) -> None:
    told = sentence(run(project_folder, "preflight", "local", "--templates", str(project_folder / "cdk.out")), 2)
    assert told.endswith("has no templates of the environment local; write them with `make synth`.")


@pytest.mark.parametrize(("file", "said"), [("gone.json", "cannot be read"), ("a.txt", "accepted: .json, .csv.")])
def test_a_request_that_cannot_be_sent(project_folder: Path, file: str, said: str) -> None:
    assert said in sentence(run(project_folder, "invoke", "local", "tumor-triage", file), 2)


def test_credentials_of_another_account(project_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stand_in(200, identity_of("999999999999")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        for command, arguments in COMMANDS.items():
            if command != "preflight":
                told = sentence(run(project_folder, command, "local", *arguments), 4)
                assert told.startswith("The environment local is in account 123456789012, and these credentials are of")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (
            403,
            "ExpiredToken",
            "AWS does not accept the credentials (ExpiredToken: The service says no.); log in again.",
        ),
        (403, "AccessDenied", "The credentials may not call GetCallerIdentity: The service says no."),
        (400, "Throttling", "AWS throttles GetCallerIdentity, and still did after several attempts (Throttling: The"),
        (503, "ServiceUnavailable", "AWS refused GetCallerIdentity (ServiceUnavailable): The service says no."),
    ],
)
def test_what_aws_refuses(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: str, said: str
) -> None:
    with stand_in(status, refusal(code)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert sentence(run(project_folder, "check", "local"), 4).startswith(said)


def test_aws_cannot_be_reached(project_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{held.getsockname()[1]}")
        told = sentence(run(project_folder, "status", "local"), 4)
    assert told.startswith("AWS could not be reached: Could not connect to the endpoint URL")


def test_no_credentials(project_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert sentence(run(project_folder, "status", "local"), 4).startswith("There are no AWS credentials to use")


def test_a_build_machines_role_is_no_credential_of_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """CodeBuild gives every build credentials by these variables (CodeBuild User Guide, "Environment variables in
    build environments"), and the pipeline runs this very suite there."""
    for name in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_PROFILE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/role")
    pytest_configure()
    assert {name for name in os.environ if name.startswith("AWS_")} == {"AWS_EC2_METADATA_DISABLED"}


@pytest.mark.parametrize("command", sorted({*typer.main.get_group(app).commands} - {"serve", "fetch", "answer"}))
def test_help_has_usage_and_exit_statuses(command: str) -> None:
    shown = " ".join(CliRunner().invoke(app, [command, "--help"]).output.split())
    assert f"slipway {command} " in shown
    assert "Exit status" in shown


@pytest.mark.parametrize(("arguments", "exit_status"), [(["--help"], 0), ([], 2), (["check"], 2), (["deploy"], 2)])
def test_usage(arguments: list[str], exit_status: int) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == exit_status, done.output
    assert "Traceback" not in done.output


def test_as_a_process() -> None:
    command = [sys.executable, "-m", "slipway", "status", "nowhere"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
