"""Processes of ours by identity: a number and a start time, so that a recycled number is never taken for ours."""

import contextlib
import dataclasses
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import psutil

from slipway.emulator.common.workspace import HOST

GRACE_SECONDS: Final = 8.0


@dataclasses.dataclass(frozen=True)
class ProcessIdentity:
    """One process, told apart from a later one with the same number.

    Attributes:
        pid: The process number.
        started: When it started, in seconds since the epoch, as the operating system says it.
        what: What it is, for people.
    """

    pid: int
    started: float
    what: str

    @classmethod
    def of(cls, pid: int, what: str) -> Self:
        """The identity of a process that runs now.

        Raises:
            psutil.NoSuchProcess: It has ended.
        """
        return cls(pid=pid, started=psutil.Process(pid).create_time(), what=what)

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """The identity that a record holds.

        Raises:
            KeyError: Something is missing in it.
            ValueError: It is no record of a process.
            TypeError: It is no record at all.
        """
        found = cls(pid=int(record["pid"]), started=float(record["started"]), what=str(record["what"]))
        if found.pid <= 0:
            raise ValueError(f"{found.pid} is the number of no process")
        return found

    def process(self) -> psutil.Process | None:
        """The running process, or None if it has ended."""
        try:
            process = psutil.Process(self.pid)
            same = process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None

    def record(self, folder: Path) -> Path:
        """Write this identity into a folder of records, and say where."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.pid}.json"
        path.write_text(json.dumps(dataclasses.asdict(self)))
        return path


def recorded(folder: Path) -> list[ProcessIdentity]:
    """The processes recorded in a folder, those that have ended too."""
    found = []
    for path in sorted(folder.glob("*.json")):
        # A record that another process is writing or removing at this moment is not there.
        # What somebody else has written there is no record of ours.
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            found.append(ProcessIdentity.read(json.loads(path.read_text())))
    return found


def end(identities: list[ProcessIdentity]) -> None:
    """End these processes and everything they started; ask first, then insist."""
    running = [process for identity in identities if (process := identity.process())]
    doomed = set(running)
    for process in running:
        with contextlib.suppress(psutil.NoSuchProcess):
            doomed.update(process.children(recursive=True))
            process.terminate()
    psutil.wait_procs(running, timeout=GRACE_SECONDS)
    # psutil's own `is_running` compares start times too, so a recycled number is not taken for one of these.
    left = [process for process in doomed if process.is_running()]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=GRACE_SECONDS)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
