"""What the end-to-end tests do to a checkout and to what is deployed from it."""

import dataclasses
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from slipway.emulator.common.environment import client, client_environment
from slipway.emulator.common.workspace import Workspace
from slipway.emulator.runner.instance import Running
from slipway.operations.golden.samples import Sample, read_samples

ENDPOINT: Final = "local-tumor-triage"
SERVICE: Final = "tumor-triage"


@dataclasses.dataclass(frozen=True)
class Checkout:
    """A checkout, and the embedded AWS that is started from it.

    Attributes:
        folder: The checkout.
        python: The interpreter to run it with.
        port: Where its embedded AWS listens.
    """

    folder: Path
    python: str
    port: int

    @property
    def model(self) -> Path:
        return self.folder / "model_artifacts" / SERVICE

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.port, self.folder / ".local" / "aws")

    @property
    def _own(self) -> dict[str, str]:
        return {
            # The library is installed from the real checkout; the copy's own has to win.
            "PYTHONPATH": str(self.folder / "constructs"),
            # Templates are validated in tests/validation; here that would be half of a synthesis, each time.
            "CDK_VALIDATION": "false",
        }

    def running(self) -> Running | None:
        return Running.find(self.workspace.folder)

    def local(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run `slipway COMMAND`."""
        return self.run(self.python, "-m", "slipway", command, *options)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.local("up", "--port", str(self.port))

    @contextmanager
    def started_up(self) -> Iterator[subprocess.Popen[bytes]]:
        """`up` in a process group of its own, as a shell would start it; ended with the block."""
        # A program that is started in the background is told to ignore Ctrl-C, and tells its children so.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            [self.python, "-m", "slipway", "up", "--port", str(self.port)],
            cwd=self.folder,
            env={**os.environ, **self._own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        signal.signal(signal.SIGINT, before)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CDK command line as a user would."""
        return self.run("cdk", *arguments, environment=client_environment(self.workspace))

    def train(self, regularization: float) -> subprocess.CompletedProcess[str]:
        """Train another model into this checkout."""
        options = ("--output", str(self.model), "--regularization", str(regularization))
        return self.run(self.python, str(self.model / "train.py"), *options)

    def samples(self) -> list[Sample]:
        return list(read_samples(self.model / "samples").shared)

    def ask(self, sample: Sample) -> bytes:
        """The endpoint's answer to a sample, through boto3."""
        answer = client("sagemaker-runtime", self.workspace).invoke_endpoint(
            EndpointName=ENDPOINT, ContentType=sample.content_type, Accept=sample.content_type, Body=sample.request
        )
        return bytes(answer["Body"].read())

    def describe(self) -> dict[str, Any]:
        return dict(client("sagemaker", self.workspace).describe_endpoint(EndpointName=ENDPOINT))

    def names(self, kind: str) -> set[str]:
        """The names of every `Model` or `EndpointConfig` there is."""
        sagemaker = client("sagemaker", self.workspace)
        listed = sagemaker.list_models() if kind == "Model" else sagemaker.list_endpoint_configs()
        return {found[f"{kind}Name"] for found in listed[f"{kind}s"]}

    def run(self, *command: str, environment: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
        """Run a program in this checkout."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**environment, **self._own},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
