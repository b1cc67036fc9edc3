"""One synthesis, watched from outside."""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from benchmarks.synthesis.projects import CHECKOUT, write_project
from benchmarks.synthesis.results import BackendName, Run, SynthesisError

_SAMPLE_S: Final = 0.05
_MEGABYTE: Final = 1_000_000


def measure(backend: BackendName, services: int) -> Run:
    """Synthesise a new project once.

    Raises:
        SynthesisError: It failed; the message ends with what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        root, outdir = Path(folder) / "project", Path(folder) / "cdk.out"
        root.mkdir()
        write_project(root, services=services, backend=backend)
        flags = json.loads((CHECKOUT / "cdk.json").read_text())["context"]
        environment = os.environ | {
            "PYTHONPATH": f"{CHECKOUT}",
            "CDK_OUTDIR": f"{outdir}",
            "CDK_CONTEXT_JSON": json.dumps(flags),
        }
        before, start = _cpu_s(), time.perf_counter()
        with (
            (Path(folder) / "said").open("w+") as said,
            subprocess.Popen(
                [sys.executable, "app.py"], cwd=root, env=environment, stdout=said, stderr=said
            ) as process,
        ):
            peak = _peak_bytes(process)
            wall = time.perf_counter() - start
            said.seek(0)
            if process.returncode:
                raise SynthesisError(f"{services} services on {backend}: the synthesis failed: {said.read()[-2000:]}")
        return Run(
            backend=backend,
            services=services,
            stacks=len(list(outdir.rglob("*.template.json"))),
            wall_s=round(wall, 2),
            cpu_s=round(_cpu_s() - before, 2),
            peak_mb=round(peak / _MEGABYTE, 1),
        )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_bytes(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process; the most memory it and its children had resident."""
    tree, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            peak = max(peak, sum(each.memory_info().rss for each in (tree, *tree.children(recursive=True))))
        except psutil.NoSuchProcess:
            continue  # one ended in the meantime
        try:
            process.wait(_SAMPLE_S)
        except subprocess.TimeoutExpired:
            continue
    return peak


def machine() -> str:
    """The day, the processor and Python, in a line."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    today = datetime.now(tz=UTC).date().isoformat()
    processor = names[0] if names else platform.machine()
    return f"{today}: {processor}, {os.cpu_count()} processors, Python {platform.python_version()}"
