"""The benchmark programs run, and the docs say what they print."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.capacity import __main__ as capacity
from benchmarks.capacity.tables import TABLES
from benchmarks.quoted_tables import PAGES, quotations
from benchmarks.serving_throughput import __main__ as serving_throughput
from benchmarks.synthesis import __main__ as synthesis

CHECKOUT = Path(__file__).resolve().parents[2]


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
    program, *options = arguments
    refused = CliRunner().invoke(PROGRAMS[program], options)

    assert refused.exit_code == 2
    assert sentence in refused.stderr
