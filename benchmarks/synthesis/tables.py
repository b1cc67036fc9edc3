"""The tables of the docs, from what was measured."""

from itertools import pairwise

from rich.box import MARKDOWN, SQUARE
from rich.table import Table

from benchmarks.synthesis.projects import ENVIRONMENTS
from benchmarks.synthesis.results import BackendName, Size, SynthesisResults, per_doubling, sizes_of


def tables(results: SynthesisResults, *, markdown: bool) -> list[Table]:
    """A table per backend."""
    found = []
    for backend in BackendName:
        sizes = sizes_of(results, backend)
        if not sizes:
            continue
        table = Table(box=MARKDOWN if markdown else SQUARE)
        table.add_column(f"{backend}: services in each of {len(ENVIRONMENTS)} environments")
        for name in ("stacks", "seconds", "CPU seconds", "peak MB", "CPU, when doubled", "MB, when doubled"):
            table.add_column(name, justify="right")
        growth = [("", "")] + [_growth(less, more) for less, more in pairwise(sizes)]
        for size, grown in zip(sizes, growth, strict=True):
            figures = f"{size.stacks}", f"{size.wall_s:,.1f}", f"{size.cpu_s:,.1f}", f"{size.peak_mb:,.0f}"
            table.add_row(f"{size.services}", *figures, *grown)
        found.append(table)
    return found


def _growth(less: Size, more: Size) -> tuple[str, str]:
    times = more.services / less.services
    seconds = per_doubling(less.cpu_s, more.cpu_s, times=times)
    memory = per_doubling(less.peak_mb, more.peak_mb, times=times)
    return f"{seconds:.2f}", f"{memory:.2f}"
