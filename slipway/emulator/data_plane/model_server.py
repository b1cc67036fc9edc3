"""One model server: a process running `serving/`, watched, restarted when it crashes, and counted requests."""

import contextlib
import dataclasses
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx
import psutil

from slipway.emulator.common.processes import ProcessIdentity, free_port
from slipway.emulator.common.workspace import CHECKOUT, HOST

_log = logging.getLogger("slipway.data_plane")

START_SECONDS: Final = 60.0
DRAIN_SECONDS: Final = 30.0
STOP_SECONDS: Final = 5.0
_PING_SECONDS: Final = 0.05
_SETTLE_SECONDS: Final = 0.2
_LONGEST_BACK_OFF_SECONDS: Final = 30.0


class NotHealthyError(Exception):
    """A model server that did not answer `/ping`; the text is the last thing it said."""


@dataclasses.dataclass(frozen=True)
class Launch:
    """How a model server is started.

    Attributes:
        name: What it serves, for people.
        command: The program and its arguments, without the port.
        environment: Its whole environment.
        log: Where its output goes.
        records: The folder where its process is recorded.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    records: Path


def serving_command(model: Path) -> tuple[str, ...]:
    """The command line of `serving/` for an unpacked model, without the port."""
    return (sys.executable, "-m", "slipway.serving", "serve", "--model-dir", str(model), "--host", HOST)


class ModelServer:
    """A running model server.

    `start` waits until it answers; afterwards a thread restarts it whenever it ends, waiting longer each time.
    Requests are counted, so that it can be stopped without cutting one off.
    """

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.port = free_port()
        self.restarts = 0
        self.in_flight = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._record: Path | None = None
        self._stopping = threading.Event()
        self._starting = threading.Lock()  # no process may be started once `stop` has looked for one
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{launch.name}", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its process number, None while it is down."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def start(self) -> None:
        """Start the process and wait until it answers `/ping` with 200.

        Raises:
            NotHealthyError: It ended, or did not answer in time.
        """
        self._spawn()
        try:
            self._wait_healthy()
        except NotHealthyError:
            self.stop()
            raise
        self._watcher.start()

    def stop(self, drain_seconds: float = 0) -> None:
        """End the process, after the requests it is answering.

        Args:
            drain_seconds: How long at most to wait for those.
        """
        deadline = time.monotonic() + drain_seconds
        if drain_seconds:
            # A request that chose this server just before its route went away has begun to count by then.
            self._stopping.wait(_SETTLE_SECONDS)
        while self.in_flight and time.monotonic() < deadline and not self._stopping.wait(_PING_SECONDS):
            pass
        with self._starting:
            self._stopping.set()
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._forget()

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Count one request for as long as it takes."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def last_words(self) -> str:
        """The last line of its output that says something."""
        try:
            lines = self.launch.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _spawn(self) -> None:
        self.launch.log.parent.mkdir(parents=True, exist_ok=True)
        with self._starting, self.launch.log.open("ab") as output:
            if self._stopping.is_set():
                return
            self._process = subprocess.Popen(
                [*self.launch.command, "--port", str(self.port)],
                cwd=CHECKOUT,
                env=dict(self.launch.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            # One that ended at once needs no record, and has no start time to put into it.
            with contextlib.suppress(psutil.NoSuchProcess):
                identity = ProcessIdentity.of(self._process.pid, f"model server {self.launch.name}")
                self._record = identity.record(self.launch.records)

    def _wait_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client(trust_env=False, timeout=2) as client:
            while time.monotonic() < deadline and not self._stopping.is_set():
                if self._process is None or self._process.poll() is not None:
                    raise NotHealthyError(self.last_words() or "the model server ended without a word")
                with contextlib.suppress(httpx.TransportError):
                    if client.get(f"{self.url}/ping").status_code == httpx.codes.OK:
                        return
                self._stopping.wait(_PING_SECONDS)
        raise NotHealthyError(
            f"no answer from /ping in {START_SECONDS:.0f} s; last output: {self.last_words() or 'none'}"
        )

    def _watch(self) -> None:
        back_off = 0.5
        while self._process is not None:
            status = self._process.wait()
            self._forget()
            if self._stopping.is_set():
                return
            _log.warning("%s ended with %s; restarting in %.1f s", self.launch.name, _how(status), back_off)
            if self._stopping.wait(back_off):
                return
            back_off = min(back_off * 2, _LONGEST_BACK_OFF_SECONDS)
            self.restarts += 1
            self._spawn()
            try:
                self._wait_healthy()
                back_off = 0.5
            except NotHealthyError as error:
                _log.warning("%s did not come back: %s", self.launch.name, error)
                # One that hangs is ended, so that the next round starts a new one.
                self._process.kill()

    def _forget(self) -> None:
        if self._record is not None:
            self._record.unlink(missing_ok=True)


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def container_environment(declared: Mapping[str, str]) -> dict[str, str]:
    """The environment of a model server: what the Model declares, and just enough of ours to find Python.

    Nothing of the developer's own environment reaches the model, as none of it would in a container.
    """
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    return ours | {"PYTHONUNBUFFERED": "1"} | dict(declared)
