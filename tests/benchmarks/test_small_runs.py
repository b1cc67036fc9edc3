"""The benchmark programs measure: a small run of each, as a process."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.serving_throughput.measuring import NO_LINES, ONE_CORE, TWO_CORES
from benchmarks.serving_throughput.results import read_results as read_throughput
from benchmarks.synthesis.projects import ENVIRONMENTS
from benchmarks.synthesis.results import read_results as read_synthesis
from tests.conftest import ROOT

pytestmark = pytest.mark.end_to_end


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def test_serving_throughput(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    measured = run(
        "benchmarks.serving_throughput", "--rounds", "1", "--seconds", "0.5", "--patience", "0", "--save", str(kept)
    )

    assert measured.returncode == 0, measured.stderr
    assert "round 1 of 1" in measured.stderr
    results = read_throughput(kept)
    cases = [sample.case for sample in results.samples if sample.setting == ONE_CORE and sample.rate is None]
    assert cases == ["GET /ping", "JSON, 1 row", "CSV, 1 row", "JSON, 32 rows", "CSV, 32 rows"]
    assert {sample.setting for sample in results.samples} == {ONE_CORE, NO_LINES, TWO_CORES}
    for sample in results.samples:
        assert 0 < sample.p50_ms <= sample.p99_ms
        assert 0 < sample.server_cpus <= len(results.samples)
        # What the server says of an answer is a line; without those lines nothing, and /ping is never worth one.
        quiet = sample.setting == NO_LINES or sample.case == "GET /ping"
        assert (sample.log_bytes_per_request == 0) == quiet
    one, many = (results.of(ONE_CORE, case).median(lambda s: s.per_cpu_second) for case in cases[1:4:2])
    assert one > many, "a request of 32 rows takes longer than one of a single row"


def test_synthesis(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    arguments = ["--services", "1", "--backend", "sagemaker", "--rounds", "1", "--markdown", "--save", str(kept)]
    done = run("benchmarks.synthesis", *arguments)
    assert done.returncode == 0, done.stderr
    (measured,) = read_synthesis(kept).runs
    assert measured.stacks == 3 * len(ENVIRONMENTS), "foundation, network and service"
    assert measured.cpu_s > 0
    assert measured.wall_s > 1
    assert measured.peak_mb > 100, "Python and Node.js at least"
    assert "sagemaker: services in each of 3 environments" in " ".join(done.stdout.split())
