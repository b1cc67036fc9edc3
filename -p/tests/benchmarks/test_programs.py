"""The benchmark programs run, and the docs say what they print."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.capacity import __main__ as capacity
from benchmarks.capacity.tables import TABLES
from benchmarks.quoted_tables import PAGES, quotations
from benchmarks.serving_throughput import __main__ as serving_throughput
from benchmarks.serving_throughput.measuring import NO_LINES, ONE_CORE, TWO_CORES
from benchmarks.serving_throughput.results import read_results
from benchmarks.synthesis import __main__ as synthesis

CHECKOUT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=CHECKOUT, capture_output=True, text=True, timeout=200, check=False
    )


PROGRAMS = {
    "benchmarks.capacity": capacity.app,
    "benchmarks.serving_throughput": serving_throughput.app,
    "benchmarks.synthesis": synthesis.app,
}
QUOTATIONS = [(page.name, *quoted) for page in PAGES for quoted in quotations(CHECKOUT / page)]


@pytest.mark.parametrize(("command", "text"), [(command, text) for _, command, text in QUOTATIONS])
def test_the_tables_in_the_docs_are_what_the_programs_print(command: str, text: str) -> None:
    """A difference in docs/ is mended by `python -m benchmarks.quoted_tables`."""
    program, *arguments = command.split()
    shown = CliRunner().invoke(PROGRAMS[program], arguments)

    assert shown.exit_code == 0, shown.output
    assert text == "\n".join(line.strip() for line in shown.stdout.strip().splitlines())


def test_the_docs_quote_every_table() -> None:
    assert [command for page, command, _ in QUOTATIONS if page == "benchmarks.md"] == [
        "benchmarks.serving_throughput --show --markdown",
        "benchmarks.synthesis --show --markdown",
    ]
    assert sorted(command for page, command, _ in QUOTATIONS if page == "scale.md") == sorted(
        f"benchmarks.capacity --table {table} --markdown" for table in TABLES
    )


def test_a_tiny_measurement(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    measured = run(
        "benchmarks.serving_throughput", "--rounds", "1", "--seconds", "0.5", "--patience", "0", "--save", str(kept)
    )

    assert measured.returncode == 0, measured.stderr
    assert "round 1 of 1" in measured.stderr
    results = read_results(kept)
    cases = [sample.case for sample in results.samples if sample.setting == ONE_CORE and sample.rate is None]
    assert cases == ["GET /ping", "JSON, 1 row", "CSV, 1 row", "JSON, 32 rows", "CSV, 32 rows"]
    assert {sample.setting for sample in results.samples} == {ONE_CORE, NO_LINES, TWO_CORES}
    for sample in results.samples:
        assert 0 < sample.p50_ms <= sample.p99_ms
        assert 0 < sample.server_cpus <= len(results.samples)
        # What the server says of an answer is a line; without those lines nothing, and /ping is never worth one.
        quiet = sample.setting == NO_LINES or sample.case == "GET /ping"
        assert (sample.log_bytes_per_request == 0) == quiet
    one, many = (
        results.of(ONE_CORE, case).median(lambda s: s.per_cpu_second) for cases in [cases] for case in cases[1:4:2]
    )
    assert one > many, "a request of 32 rows takes longer than one of a single row"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("benchmarks.capacity", "--node", "c7a"), "--node is 'c7a', but it has to be one of c7a.2xlarge, "),
        (("benchmarks.capacity", "--table", "size"), "--table is 'size', but it has to be one of sizes, "),
        (("benchmarks.capacity", "--requests-per-second", "0"), "--requests-per-second"),
        (("benchmarks.serving_throughput", "--rounds", "0"), "--rounds"),
        (("benchmarks.serving_throughput", "--artifact", "docs"), "docs/samples has no samples that can be sent"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    refused = run(*arguments)

    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
