"""A question to the calculator, and the shape of its answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.box import MARKDOWN, SQUARE
from rich.table import Table

from benchmarks.capacity.plan import PodFleet, Traffic
from benchmarks.capacity.prices import Prices


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is planned for.

    Attributes:
        rates: Requests per second, a column each.
        traffic: What is the same at every rate.
        fleet: How the pods are laid out.
        prices: What things cost.
        json_bytes: Bytes of a request of one row as JSON and its answer, measured.
        csv_bytes: The same as CSV.
        line_bytes: Bytes that the server writes to stdout about an answered request, measured.
        markdown: Whether the tables are for the docs.
    """

    rates: Sequence[int]
    traffic: Traffic
    fleet: PodFleet
    prices: Prices
    json_bytes: int
    csv_bytes: int
    line_bytes: int
    markdown: bool = False

    def at(self, rate: int) -> Traffic:
        """The traffic at a rate."""
        return replace(self.traffic, requests_per_second=rate)

    @property
    def highest(self) -> Traffic:
        """The traffic at the highest rate."""
        return self.at(max(self.rates))


def by_rate(question: Question, rows: Sequence[tuple[str, Sequence[str]]]) -> Table:
    """A table with a column for each rate."""
    table = blank_table(question, "", *(rate_name(rate) for rate in question.rates))
    for name, cells in rows:
        table.add_row(name, *cells)
    return table


def rate_name(rate: int) -> str:
    """The heading of a rate's column."""
    return f"{rate:,} requests/s"


def blank_table(question: Question, first: str, *others: str) -> Table:
    """A table without rows, its numbers to the right."""
    table = Table(box=MARKDOWN if question.markdown else SQUARE)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def dollars(amount: float) -> str:
    """Whole US dollars."""
    return f"${amount:,.0f}"
