"""A checkout of its own, deployed to an embedded AWS of its own, and the commands run against it as processes."""

import dataclasses
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import boto3
from ruamel.yaml import YAML

from tests.checkout import ROOT, copy_checkout
from tests.local_environment import leave_only_sagemaker

SERVICE: Final = "tumor-triage"
ENDPOINT: Final = f"local-{SERVICE}"
STACK: Final = f"slipway-local-service-{SERVICE}"


@dataclasses.dataclass(frozen=True)
class Deployed:
    """A checkout, and where the embedded AWS that it is deployed to listens."""

    folder: Path
    port: int

    @classmethod
    def from_this_checkout(cls, folder: Path) -> "Deployed":
        """Copy the checkout, with the tools of the real one."""
        copy_checkout(folder, tools=True)
        leave_only_sagemaker(folder / "environments")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return cls(folder, free.getsockname()[1])

    @property
    def environment_file(self) -> Path:
        return self.folder / "environments" / "local.yaml"

    @property
    def samples(self) -> Path:
        return self.folder / "model_artifacts" / SERVICE / "samples"

    @property
    def assembly(self) -> Path:
        """What the last deployment was made of."""
        return self.folder / ".local" / "aws" / "cdk.out"

    def override(self, **keys: Any) -> None:
        """Let the environment override keys of the service; another call starts anew."""
        yaml = YAML()
        content = yaml.load(self.environment_file.read_text())
        image = content["services"][SERVICE]["image"]
        content["services"][SERVICE] = {"image": image, **keys}
        with self.environment_file.open("w") as file:
            yaml.dump(content, file)

    def local(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "-m", "slipway", command, *options)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.local("up", "--port", str(self.port))

    def synth(self, environment: str = "local") -> None:
        """Write the templates of one environment as `make synth` writes all."""
        done = self._run("cdk", "synth", "--quiet", f"{environment}/*", "--context", f"environments={environment}")
        assert done.returncode == 0, done.stderr

    def deploy(self) -> subprocess.CompletedProcess[str]:
        """Deploy the templates as they were written last."""
        return self._run("cdk", "deploy", "local/*", "--app", "cdk.out", "--require-approval", "never")

    def operations(self, command: str, *arguments: str, environment: str = "local") -> subprocess.CompletedProcess[str]:
        """Run `slipway COMMAND ENVIRONMENT …`."""
        return self._run(sys.executable, "-m", "slipway", command, environment, *arguments)

    def client(self, service: str) -> Any:
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")  # noqa: S106
        make: Any = session.client
        return make(service, endpoint_url=self._url)

    @property
    def _url(self) -> str:
        return f"http://localhost:{self.port}"

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        own = {
            "AWS_ENDPOINT_URL": self._url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "localhost,127.0.0.1",
            "PATH": os.pathsep.join(
                [str(ROOT / ".venv/bin"), str(ROOT / "node_modules/.bin"), os.environ.get("PATH", os.defpath)]
            ),
            "ORT_DISABLE_TELEMETRY": "1",
            # The library is installed from the real checkout; the copy's own has to win.
            "PYTHONPATH": str(self.folder / "constructs"),
            # Templates are validated in tests/validation; here that would be half of a synthesis, each time.
            "CDK_VALIDATION": "false",
        }
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**inherited, **own},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
