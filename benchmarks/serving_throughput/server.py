"""The model server as a process of its own, on chosen processors."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

_PATIENCE_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.05


class BenchmarkError(Exception):
    """The measurement cannot be made, or would say nothing; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How the server is run.

    Attributes:
        name: What the tables call it.
        server_cpus: Processors that the server may use.
        client_cpus: Processors that the load generator may use.
        flags: Flags for `python -m serving serve`.
    """

    name: str
    server_cpus: tuple[int, ...]
    client_cpus: tuple[int, ...]
    flags: tuple[str, ...] = ()


class Server:
    """A server that answers."""

    def __init__(self, pid: int, url: str, log: Path) -> None:
        self.url = url
        self._process = psutil.Process(pid)
        self._log = log

    def cpu_s(self) -> float:
        """Seconds of processor time that it used so far."""
        times = self._process.cpu_times()
        return times.user + times.system

    def logged_bytes(self) -> int:
        """Bytes that it wrote to stdout so far."""
        return self._log.stat().st_size


@contextmanager
def running_server(model_dir: Path, setting: Setting, log: Path) -> Iterator[Server]:
    """Run a server on 127.0.0.1 until the block ends, its stdout in a file as a container runtime has it.

    Raises:
        BenchmarkError: It does not start.
    """
    port = _free_port()
    arguments = ["serve", "--model-dir", str(model_dir), "--host", "127.0.0.1", "--port", str(port), *setting.flags]
    with log.open("wb") as stdout:
        process = _start(arguments, setting.server_cpus, stdout.fileno())
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(process, url)
        yield Server(process.pid, url, log)
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(arguments: Sequence[str], cpus: Sequence[int], stdout: int) -> subprocess.Popen[bytes]:
    """Start it where it is to run: ONNX Runtime and the server count their processors when they start."""
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        return subprocess.Popen([sys.executable, "-m", "slipway.serving", *arguments], stdout=stdout)
    finally:
        os.sched_setaffinity(0, ours)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        status = process.poll()
        if status is not None:
            raise BenchmarkError(f"The server ended with status {status}; what it said stands above.")
        try:
            if httpx.get(f"{url}/ping", timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(_LOOK_EVERY_S)
    raise BenchmarkError(f"The server did not answer GET /ping within {_PATIENCE_S:g} s.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
