"""The command line: `python -m benchmarks.serving_throughput`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.serving_throughput.measuring import Windows, measure
from benchmarks.serving_throughput.requests import read_cases
from benchmarks.serving_throughput.results import KEPT, read_results
from benchmarks.serving_throughput.server import BenchmarkError
from benchmarks.serving_throughput.tables import conditions, doubts, tables
from slipway.operations.console import progress

_WIDE = 200
_ROWS = (1, 32)

app = typer.Typer(name="python -m benchmarks.serving_throughput", add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 7,
    seconds: Annotated[float, typer.Option(min=0.2, help="Length of one window.")] = 3,
    connections: Annotated[int, typer.Option(min=1, max=256, help="Connections that saturate the server.")] = 8,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait in all for moments in which the machine does little else.")
    ] = 60,
    artifact: Annotated[
        Path, typer.Option(help="The folder of the model: model/ and samples/.", exists=True, file_okay=False)
    ] = Path("model_artifacts/tumor-triage"),
    save: Annotated[Path | None, typer.Option(help="File to write every window to, as JSON.")] = None,
    show: Annotated[bool, typer.Option("--show", help=f"Measure nothing; show {KEPT.name} of last time.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables as the docs have them.")] = False,
) -> None:
    """Measure requests per second and core of the model server, and its latency.

    Starts the real server on one processor and loads it from another, on 127.0.0.1. Every round has every case, so
    that ratios are taken side by side. Takes about half a minute a round; leave the machine alone meanwhile.
    """
    stderr = Console(stderr=True)
    try:
        if show:
            results = read_results(KEPT)
        else:
            with progress(stderr) as tell:
                cases = read_cases(artifact / "samples", _ROWS)
                windows = Windows(rounds=rounds, seconds=seconds, connections=connections, patience_s=patience)
                results = measure(artifact / "model", cases, windows, tell)
    except BenchmarkError as error:
        stderr.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    if save is not None:
        save.write_text(results.model_dump_json(indent=1) + "\n")
    console = Console(width=_WIDE if markdown else None)
    for table in tables(results, markdown=markdown):
        console.print(table)
    console.print(conditions(results), highlight=False, soft_wrap=True)
    for doubt in doubts(results):
        stderr.print(doubt, style="yellow", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app()
