"""The stock CDK command line, pointed at the embedded AWS and at nothing else."""

import contextlib
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from slipway.emulator.common.environment import client, client_environment
from slipway.emulator.common.workspace import ACCOUNT, CHECKOUT, REGION, Workspace

ENVIRONMENT: Final = "local"
STACKS: Final = f"{ENVIRONMENT}/*"
_EVENT: Final = re.compile(r"^(?P<stack>\S+) \|\s*(?P<done>\d+/\d+) \| [^|]+\| (?P<status>\S+)\s*\| (?P<type>\S+)")
_NO_SPACE: Final = re.compile(r"ENOSPC|No space left on device", re.IGNORECASE)
_TAIL_LINES: Final = 40

Progress = Callable[[str], None]


class CdkError(Exception):
    """The CDK command line failed; the text is the reason."""


class Cdk:
    """Runs CDK commands for one embedded AWS; everything they print goes to a log."""

    def __init__(self, workspace: Workspace, project: Path = CHECKOUT) -> None:
        """Nothing is run yet.

        Args:
            workspace: The embedded AWS.
            project: The project that is synthesised; for a deployment of what was synthesised it does not matter.
        """
        self._place = workspace
        self._project = project
        self.log = workspace.folder / "cdk.log"

    def bootstrap(self, progress: Progress) -> None:
        """Bootstrap the account of the embedded AWS."""
        # Not in the project, whose app it would read without need.
        command = self._command("bootstrap", f"aws://{ACCOUNT}/{REGION}", "--bootstrap-customer-key")
        self._follow(self._start(command, self._place.folder), progress)

    def is_bootstrapped(self) -> bool:
        """Whether the bootstrap has been done; an interrupted or failed one has not."""
        try:
            found = client("cloudformation", self._place).describe_stacks(StackName="CDKToolkit")["Stacks"]
        except ClientError:
            return False
        return bool(found[0]["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"})

    @contextlib.contextmanager
    def synthesis(self) -> Iterator["Synthesis"]:
        """Synthesise in the background; it is ended when the block is left early."""
        # Validation and context are read from cdk.json, so this one runs in the project.
        only_ours = ("--context", f"environments={ENVIRONMENT}")
        command = self._command("synth", STACKS, "--quiet", *only_ours, "--output", str(self._place.assembly))
        began = time.monotonic()
        process = self._start(command, self._project)
        try:
            yield Synthesis(lambda progress: self._follow(process, progress), began)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()

    def deploy(self, progress: Progress, assembly: Path | None = None) -> None:
        """Deploy the stacks of a cloud assembly, that of the last synthesis by default."""
        # The stacks depend on each other, and there is no network to wait for: one after the other is as fast.
        options = ("--require-approval", "never", "--progress", "events")
        began = datetime.now(UTC).replace(microsecond=0)  # events are stamped with whole seconds
        try:
            self._run(progress, "deploy", "*/*", "--app", str(assembly or self._place.assembly), *options)
        except CdkError as error:
            reasons = self._failed_resources(began)
            if reasons:
                raise CdkError("\n".join(reasons)) from error
            raise

    def _command(self, *arguments: str) -> list[str]:
        return ["cdk", *arguments, "--no-color", "--no-notices"]

    def _run(self, progress: Progress, *arguments: str) -> None:
        self._follow(self._start(self._command(*arguments), self._project), progress)

    def _start(self, command: list[str], folder: Path) -> subprocess.Popen[str]:
        environment = client_environment(self._place)
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )

    def _follow(self, process: subprocess.Popen[str], progress: Progress) -> None:
        lines: list[str] = []
        try:
            with self.log.open("a", encoding="utf-8") as log:
                for line in process.stdout or ():
                    log.write(line)
                    lines.append(line.rstrip())
                    if event := _EVENT.match(line):
                        progress(f"{event['stack']} {event['done']} {event['type']}")
            status = process.wait()
        except BaseException:
            # Ctrl-C reaches the command line too, being of the same terminal; it is given the time to end.
            process.terminate()
            process.wait()
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
        if status != 0 and any(_NO_SPACE.search(line) for line in lines):
            raise CdkError(f"No space is left on the device that has {self._place.folder}, or on that of the project.")
        if status != 0:
            raise CdkError("\n".join(line for line in lines[-_TAIL_LINES:] if line.strip()))

    def _failed_resources(self, since: datetime) -> list[str]:
        """Each resource that has failed since then, with its reason."""
        cloudformation = client("cloudformation", self._place)
        found = []
        for stack in cloudformation.describe_stacks()["Stacks"]:
            with contextlib.suppress(ClientError):
                events = cloudformation.describe_stack_events(StackName=stack["StackName"])["StackEvents"]
                found += [
                    f"{stack['StackName']}: {event['LogicalResourceId']} ({event['ResourceType']}): "
                    f"{event['ResourceStatusReason']}"
                    for event in events
                    if event["Timestamp"] >= since
                    and event["ResourceStatus"].endswith("_FAILED")
                    and event.get("ResourceStatusReason")
                ]
        return found


class Synthesis:
    """A synthesis that runs in the background."""

    def __init__(self, follow: Callable[[Progress], None], began: float) -> None:
        self._follow = follow
        self._began = began

    def wait(self, progress: Progress) -> float:
        """Wait for its end, and say how many seconds it took.

        Raises:
            CdkError: It failed.
        """
        progress("python app.py")
        self._follow(progress)
        return time.monotonic() - self._began
