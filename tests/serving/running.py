"""Starts the real server as a process of its own and stops it again."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CHECKOUT = Path(__file__).resolve().parents[2]
TUMOR_TRIAGE = CHECKOUT / "model_artifacts" / "tumor-triage"
PATIENCE_SECONDS = 60.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Ask again and again; fail after `PATIENCE_SECONDS`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS:g} s for {what}"
        time.sleep(0.01)


def free_port() -> int:
    """Return a port that is free now; where the server can choose one itself, `--port 0` is safer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Server:
    """A server that runs, the port it took, and what it wrote to stdout so far."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in list(self.lines)]

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ping", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Send SIGTERM and return the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


def start(
    arguments: list[str],
    *,
    python: str = sys.executable,
    folder: Path = CHECKOUT,
    variables: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start the server with these arguments and no environment but PATH and the given variables.

    In the checkout it is `slipway.serving`; in another folder, laid out as the image is, `serving`.
    """
    module = "slipway.serving" if folder == CHECKOUT else "serving"
    return subprocess.Popen(
        [python, "-m", module, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running_server(
    model_dir: Path, *flags: str, folder: Path = CHECKOUT, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server on a free port of 127.0.0.1 until the block ends; it must then stop with exit status 0."""
    arguments = ["serve", "--model-dir", str(model_dir), "--host", "127.0.0.1", "--port", "0", *flags]
    process = start(arguments, folder=folder, variables=variables)
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    stdout = process.stdout
    reader = threading.Thread(target=lambda: lines.extend(stdout), daemon=True)
    try:
        first = stdout.readline()
        assert first, process.stderr.read()
        lines.append(first)
        reader.start()
        server = Server(process, json.loads(first)["port"], lines)
        wait_until(server.answers, "GET /ping to answer 200")
        yield server
        assert server.stop() == 0
    finally:
        process.kill()
        process.wait()
        reader.join(PATIENCE_SECONDS)
        process.stdout.close()
        process.stderr.close()
