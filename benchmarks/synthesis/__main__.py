"""The command line: `python -m benchmarks.synthesis`."""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.synthesis.measuring import machine, measure
from benchmarks.synthesis.results import KEPT, BackendName, SynthesisError, SynthesisResults, read_results
from benchmarks.synthesis.tables import tables

SIZES: Final = (1, 10, 30, 100)
_WIDE: Final = 160

app = typer.Typer(name="python -m benchmarks.synthesis", add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    services: Annotated[list[int] | None, typer.Option(min=1, max=500, help="Services per environment.")] = None,
    backend: Annotated[list[BackendName] | None, typer.Option(help="What serves them.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each size is synthesised.")] = 3,
    save: Annotated[Path | None, typer.Option(help="File to write every run to, as JSON.")] = None,
    show: Annotated[bool, typer.Option("--show", help=f"Measure nothing; show {KEPT.name} of last time.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables as the docs have them.")] = False,
) -> None:
    """Measure the time and memory of a synthesis, and how both grow with the services."""
    stderr = Console(stderr=True)
    try:
        if show:
            results = read_results(KEPT)
        else:
            where, load, runs = machine(), round(os.getloadavg()[0], 2), []
            for number in range(rounds):
                for kind in backend or BackendName:
                    for count in sorted(set(services or SIZES)):
                        stderr.print(f"round {number + 1} of {rounds}: {count} services on {kind}", highlight=False)
                        runs.append(measure(kind, count))
            results = SynthesisResults(machine=where, rounds=rounds, load=load, runs=tuple(runs))
    except SynthesisError as error:
        stderr.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    if save is not None:
        save.write_text(results.model_dump_json(indent=1) + "\n")
    console = Console(width=_WIDE if markdown else None)
    for table in tables(results, markdown=markdown):
        console.print(table)
    console.print(
        f"Measured on {results.machine}; rounds: {results.rounds}; load average {results.load:g} before it began.",
        highlight=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    app()
