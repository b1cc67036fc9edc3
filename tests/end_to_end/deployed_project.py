"""A copy of the project that a test changes, synthesises in its own process, and deploys."""

import dataclasses
import functools
import io
import itertools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from aws_cdk import App
from rich.console import Console
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from inference_constructs.config import load_project
from slipway.cli.main import app as slipway
from slipway.emulator.common.environment import client, client_environment
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.backends.backend import NotInServiceError
from slipway.emulator.runner.cdk import CdkError
from slipway.emulator.runner.deployment import deploy_assembly
from slipway.emulator.runner.instance import Running
from slipway.emulator.runner.steps import ProgressSteps
from slipway.operations.golden.samples import Sample, read_samples
from stacks.environment_stage import EnvironmentStage
from tests.checkout import copy_checkout
from tests.emulator.support import eventually

MODEL: Final = "tumor-triage"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a deployment.

    Attributes:
        failure: Why it failed, None if it did not.
        shown: What it printed.
    """

    failure: str | None
    shown: str


class DeployedProject:
    """One environment of a copied checkout, on an embedded AWS that other tests of the process share.

    Attributes:
        folder: The copy.
        environment: The environment, under a name that no other test uses.
        running: The embedded AWS.
        assembly: The cloud assembly that was synthesised last.
    """

    assembly: Path

    def __init__(self, folder: Path, running: Running, *, environment: str, services: Sequence[str]) -> None:
        """Copy the checkout, and give it an environment like `local` with some of its services only."""
        self.folder = copy_checkout(folder)
        self.environment = environment
        self.running = running
        self._numbers = itertools.count(1)
        content = YAML().load((self.folder / "environments" / "local.yaml").read_text())
        self._services: dict[str, dict[str, Any]] = {name: content["services"][name] for name in services}
        if all(service.get("backend") != "eks" for service in self._services.values()):
            del content["eks"]
        self._content = content | {"name": environment, "services": self._services}
        self.override()

    @property
    def environment_file(self) -> Path:
        return self.folder / "environments" / f"{self.environment}.yaml"

    @property
    def model(self) -> Path:
        return self.folder / "model_artifacts" / MODEL

    def endpoint(self, service: str = MODEL) -> str:
        return f"{self.environment}-{service}"

    def stack(self, service: str = MODEL) -> str:
        return f"slipway-{self.environment}-service-{service}"

    def samples(self) -> list[Sample]:
        return list(read_samples(self.model / "samples").shared)

    def override(self, service: str = MODEL, /, **keys: Any) -> None:
        """Let the environment override keys of a service; another call starts from the beginning."""
        changed = {service: self._services[service] | keys} if service in self._services else {}
        with self.environment_file.open("w") as file:
            YAML().dump(self._content | {"services": self._services | changed}, file)

    def synthesise(self, environment: str | None = None) -> Path:
        """The cloud assembly of the environment as it is now. Templates are validated elsewhere."""
        self.assembly = self.folder / "cdk.out" / str(next(self._numbers))
        project = load_project(self.folder).only([environment or self.environment])
        context = json.loads((self.folder / "cdk.json").read_text())["context"]
        app = App(context=context, outdir=str(self.assembly), builtin_cloud_formation_validation=False)
        for stage in project.environments:
            EnvironmentStage(app, project=project, environment=stage)
        app.synth()
        return self.assembly

    def deploy(self, assembly: Path | None = None) -> Outcome:
        """Deploy an assembly with the CDK's command line; that of the environment as it is now by default."""
        shown = io.StringIO()
        try:
            deploy_assembly(self.running, assembly or self.synthesise(), ProgressSteps(Console(file=shown, width=400)))
        except (CdkError, NotInServiceError) as error:
            return Outcome(str(error), shown.getvalue())
        return Outcome(None, shown.getvalue())

    def destroy(self, assembly: Path) -> None:
        """Remove every stack of an assembly with the CDK's command line."""
        command = ("cdk", "destroy", "*/*", "--app", str(assembly), "--force")
        done = subprocess.run(
            command, env=client_environment(self.running.workspace), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def delete(self) -> None:
        """Have CloudFormation delete what there is of the environment, the newest stack first."""
        cloudformation = self.client("cloudformation")
        stacks = sorted(cloudformation.describe_stacks()["Stacks"], key=lambda stack: stack["CreationTime"])
        for name in [stack["StackName"] for stack in reversed(stacks)]:
            if name.startswith(f"slipway-{self.environment}-"):
                cloudformation.delete_stack(StackName=name)
                eventually(functools.partial(self._is_gone, name))

    def preflight(self, *arguments: str, environment: str | None = None) -> Result:
        """Look what a deployment of the last synthesis would do."""
        return self.operations("preflight", *arguments, "--templates", str(self.assembly), environment=environment)

    def operations(
        self, command: str, *arguments: str, environment: str | None = None, workspace: Workspace | None = None
    ) -> Result:
        """Run a command of the operations against the embedded AWS, or what there is at another place."""
        with pytest.MonkeyPatch.context() as patched:
            for name, value in client_environment(workspace or self.running.workspace).items():
                patched.setenv(name, value)
            given = [command, environment or self.environment, *arguments, "--project", str(self.folder)]
            return CliRunner().invoke(slipway, given)

    def client(self, service: str) -> Any:
        return client(service, self.running.workspace)

    def _is_gone(self, stack: str) -> bool:
        return stack not in {found["StackName"] for found in self.client("cloudformation").describe_stacks()["Stacks"]}
