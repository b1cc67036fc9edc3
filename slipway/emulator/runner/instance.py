"""The embedded AWS as a background process: started, found again, stopped."""

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import httpx

from slipway.emulator.common.environment import server_environment
from slipway.emulator.common.processes import ProcessIdentity, end, is_taken, recorded
from slipway.emulator.common.workspace import CHECKOUT, HOST, MINUTE_SECONDS, STATUS_PATH, Workspace

_START_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1
_RECORD: Final = "instance.json"


class InstanceError(Exception):
    """The embedded AWS can not be started; the text says why, and the way out."""


class PortTakenError(InstanceError):
    """Something else listens on the port."""


@dataclasses.dataclass(frozen=True)
class Running:
    """An embedded AWS that runs.

    Attributes:
        workspace: Where it is.
        identity: Its server process.
        child: That process as a child of this one, where it was this one that started it.
    """

    workspace: Workspace
    identity: ProcessIdentity
    child: subprocess.Popen[bytes] | None = dataclasses.field(default=None, compare=False, repr=False)

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """The one that keeps its files in this folder, if it runs."""
        try:
            record = json.loads((folder / _RECORD).read_text())
            found = cls(Workspace(port=int(record["port"]), folder=folder), ProcessIdentity.read(record["process"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if found.identity.process() else None

    def servers(self) -> dict[str, list[dict[str, Any]]]:
        """The model servers by endpoint, as the server process tells them.

        Raises:
            InstanceError: It does not answer.
        """
        found: dict[str, list[dict[str, Any]]] = self.status()["endpoints"]
        return found

    def status(self) -> dict[str, Any]:
        """What runs, as the server process tells it: endpoints, clusters with their pods, load balancers.

        Raises:
            InstanceError: It does not answer.
        """
        try:
            reply = httpx.get(f"http://{HOST}:{self.workspace.port}{STATUS_PATH}", trust_env=False, timeout=10)
            found: dict[str, Any] = reply.raise_for_status().json()
        except httpx.HTTPError as error:
            raise InstanceError(f"The embedded AWS does not answer on port {self.workspace.port}: {error}") from error
        return found


def prepare(workspace: Workspace) -> None:
    """Make the place ready for a new embedded AWS: what an earlier one left there is ended and removed.

    Raises:
        PortTakenError: Something listens on the port already.
        InstanceError: The folder can not be made.
    """
    stop(workspace.folder)
    if is_taken(workspace.port):
        raise PortTakenError(
            f"Port {workspace.port} is in use by another program. Choose another one: make up PORT={workspace.port + 1}"
        )
    try:
        workspace.scratch.mkdir(parents=True)
    except OSError as error:
        raise InstanceError(
            f"The embedded AWS keeps its files in {workspace.folder}, and the folder can not be made: "
            f"{error.filename}: {error.strerror}. A folder that can be written, or none, is accepted there."
        ) from error


def start(workspace: Workspace, *, progress: Callable[[str], None], minute_seconds: float = MINUTE_SECONDS) -> Running:
    """Start the server process in a place that is ready, and wait until it answers.

    Args:
        workspace: Where it is to be.
        progress: Told what is waited for.
        minute_seconds: How many seconds a minute of a rollout lasts.

    Raises:
        InstanceError: It ended, or did not answer in time.
    """
    options = {"--port": workspace.port, "--folder": workspace.folder, "--minute-seconds": minute_seconds}
    with workspace.log.open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "slipway.emulator.server.server",
                *(str(part) for option in options.items() for part in option),
            ],
            cwd=CHECKOUT,
            env=server_environment(workspace),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in this terminal is not for it
        )
    try:
        running = Running(workspace, ProcessIdentity.of(process.pid, "embedded AWS"), process)
        record = {"port": workspace.port, "process": dataclasses.asdict(running.identity)}
        (workspace.folder / _RECORD).write_text(json.dumps(record))
        _wait_healthy(running, process, progress)
    except BaseException:
        # Whatever ended the wait, Ctrl-C too: nothing is left behind.
        process.kill()
        process.wait()
        raise
    return running


def _wait_healthy(running: Running, process: subprocess.Popen[bytes], progress: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            last = running.workspace.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise InstanceError(f"The embedded AWS did not start: {''.join(last) or 'it said nothing'}")
        with contextlib.suppress(InstanceError):
            running.servers()
            return
        progress("waiting for its port")
        time.sleep(_POLL_SECONDS)
    raise InstanceError(f"The embedded AWS did not answer in {_START_SECONDS:.0f} s; its log: {running.workspace.log}")


def stop(folder: Path) -> list[ProcessIdentity]:
    """End an embedded AWS, every model server and Lambda worker of it, and remove its files.

    Returns:
        The processes that were running.
    """
    running = Running.find(folder)
    ours = [running.identity] if running else []
    alive = [identity for identity in (*ours, *recorded(folder / "processes")) if identity.process()]
    # The server ends its model servers itself; those of one that was killed are found by their records.
    end(ours)
    end(recorded(folder / "processes"))
    shutil.rmtree(folder, ignore_errors=True)
    return alive
