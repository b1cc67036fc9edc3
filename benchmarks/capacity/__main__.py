"""The command line: `python -m benchmarks.capacity`."""

import sys
from collections.abc import Mapping
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from benchmarks.capacity.plan import PodFleet, Traffic
from benchmarks.capacity.prices import NODE_TYPES, PRICES
from benchmarks.capacity.question import Question
from benchmarks.capacity.tables import TABLES
from benchmarks.serving_throughput.measuring import ONE_CORE
from benchmarks.serving_throughput.results import KEPT, ThroughputResults, read_results
from benchmarks.serving_throughput.server import BenchmarkError

_WIDE = 240
_JSON = "JSON, 1 row"
_CSV = "CSV, 1 row"
_RATES = (10_000, 100_000, 1_000_000)

app = typer.Typer(name="python -m benchmarks.capacity", add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    requests_per_second: Annotated[
        list[int] | None, typer.Option(min=1, help="A column of the tables; may be given several times.")
    ] = None,
    requests_per_core: Annotated[
        int | None, typer.Option(min=1, help="Of one process on one core; as measured last unless given.")
    ] = None,
    bytes_per_request: Annotated[int, typer.Option(min=1, help="Of a request and its answer, with headers.")] = 4000,
    utilization: Annotated[float, typer.Option(min=0.05, max=1, help="Share of a core to plan for.")] = 0.6,
    node: Annotated[
        str, typer.Option(help="Instance type of the nodes: " + ", ".join(NODE_TYPES) + ".")
    ] = "c7a.4xlarge",
    table: Annotated[str, typer.Option(help="One table only: " + ", ".join(TABLES) + ".")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables as the docs have them.")] = False,
) -> None:
    """Tell what a load takes on EKS: pods, nodes, load balancers, quotas, cost.

    Example: `python -m benchmarks.capacity --requests-per-second 250000 --bytes-per-request 1500`
    """
    _check("--node", node, NODE_TYPES)
    if table:
        _check("--table", table, TABLES)
    try:
        measured = read_results(KEPT)
        json_bytes, csv_bytes = _bytes(measured, _JSON), _bytes(measured, _CSV)
        line_bytes = round(measured.of(ONE_CORE, _JSON).median(lambda sample: sample.log_bytes_per_request))
    except BenchmarkError as error:
        _refuse(str(error))
    per_core = requests_per_core or per_core_measured(measured)
    rates = tuple(sorted(requests_per_second or _RATES))
    traffic = Traffic(requests_per_second=rates[-1], bytes_per_request=bytes_per_request)
    fleet = PodFleet(requests_per_core=per_core, node=NODE_TYPES[node], utilization=utilization)
    question = Question(
        rates=rates,
        traffic=traffic,
        fleet=fleet,
        prices=PRICES,
        json_bytes=json_bytes,
        csv_bytes=csv_bytes,
        line_bytes=line_bytes,
        markdown=markdown,
    )
    console = Console(width=_WIDE if markdown else None)
    for name in [table] if table else TABLES:
        console.print(TABLES[name](question))


def per_core_measured(measured: ThroughputResults) -> int:
    """Requests of one row as JSON per second of processor time, rounded down to tens."""
    return int(measured.of(ONE_CORE, _JSON).median(lambda sample: sample.per_cpu_second) // 10 * 10)


def _bytes(measured: ThroughputResults, case: str) -> int:
    return round(measured.of(ONE_CORE, case).median(lambda sample: sample.bytes_per_request))


def _check(flag: str, value: str, accepted: Mapping[str, object]) -> None:
    if value not in accepted:
        _refuse(f"{flag} is {value!r}, but it has to be one of {', '.join(accepted)}.")


def _refuse(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(2)


if __name__ == "__main__":
    app()
