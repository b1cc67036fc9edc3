"""The tables of the docs, from what was measured."""

from typing import Final

from rich.box import MARKDOWN, SQUARE
from rich.table import Table

from benchmarks.serving_throughput.measuring import NO_LINES, ONE_CORE, TWO_CORES
from benchmarks.serving_throughput.results import Measurement, ThroughputResults, spread

_BUSY: Final = 0.9


def tables(results: ThroughputResults, *, markdown: bool) -> tuple[Table, ...]:
    """All tables."""
    return (
        _saturated(results, markdown=markdown),
        _at_rate(results, markdown=markdown),
        _ratios(results, markdown=markdown),
    )


def _saturated(results: ThroughputResults, *, markdown: bool) -> Table:
    table = _table(
        "one saturated core",
        "requests/s",
        "per CPU second",
        "p50 ms",
        "p99 ms",
        "bytes/request",
        "server CPUs",
        "client CPUs",
        "other CPUs",
        markdown=markdown,
    )
    for case in _cases(results, ONE_CORE, saturated=True):
        of = results.of(ONE_CORE, case)
        table.add_row(
            case,
            of.text(lambda sample: sample.requests_per_second),
            of.text(lambda sample: sample.per_cpu_second),
            of.text(lambda sample: sample.p50_ms, 1),
            of.text(lambda sample: sample.p99_ms, 1),
            f"{of.median(lambda sample: sample.bytes_per_request):,.0f}",
            f"{of.median(lambda sample: sample.server_cpus):.2f}",
            f"{of.median(lambda sample: sample.client_cpus):.2f}",
            f"{of.median(lambda sample: sample.other_cpus):.2f}",
        )
    return table


def _at_rate(results: ThroughputResults, *, markdown: bool) -> Table:
    table = _table("at 60 % of that", "requests/s", "p50 ms", "p99 ms", "server CPUs", "other CPUs", markdown=markdown)
    for case in _cases(results, ONE_CORE, saturated=False):
        of = results.of(ONE_CORE, case, saturated=False)
        table.add_row(
            case,
            of.text(lambda sample: sample.requests_per_second),
            of.text(lambda sample: sample.p50_ms, 1),
            of.text(lambda sample: sample.p99_ms, 1),
            f"{of.median(lambda sample: sample.server_cpus):.2f}",
            f"{of.median(lambda sample: sample.other_cpus):.2f}",
        )
    return table


def _ratios(results: ThroughputResults, *, markdown: bool) -> Table:
    table = _table(
        "compared with one core",
        "case",
        "times the requests/s",
        "times per CPU second",
        "server CPUs",
        markdown=markdown,
    )
    for setting in (NO_LINES, TWO_CORES):
        for case in _cases(results, setting, saturated=True):
            cpus = results.of(setting, case).median(lambda sample: sample.server_cpus)
            rates = results.ratios(setting, ONE_CORE, case, lambda sample: sample.requests_per_second)
            per_cpu = results.ratios(setting, ONE_CORE, case, lambda sample: sample.per_cpu_second)
            table.add_row(setting, case, spread(rates, 2), spread(per_cpu, 2), f"{cpus:.2f}")
    return table


def conditions(results: ThroughputResults) -> str:
    """Where, when and how it was measured."""
    machine = results.machine
    return (
        f"Measured on {machine.date}: {machine.processor}, {machine.cores} processors, Python {machine.python};"
        f" {results.rounds} rounds, windows of {results.seconds:g} s; load average {machine.load:g} before it began."
    )


def doubts(results: ThroughputResults) -> tuple[str, ...]:
    """What keeps the figures from being what they are called, a sentence each."""
    found = []
    for case in _cases(results, ONE_CORE, saturated=True):
        of = results.of(ONE_CORE, case)
        server, client = of.median(lambda sample: sample.server_cpus), of.median(lambda sample: sample.client_cpus)
        if server < _BUSY and client < _BUSY:
            found.append(
                f"{case}: the server had {server:.0%} of its core, the rest went to other work;"
                " of the figures only the one per CPU second holds."
            )
        if client >= _BUSY:
            found.append(f"{case}: the load generator was busy for {client:.0%} of the time and may be the bottleneck.")
    return tuple(found)


def _cases(results: ThroughputResults, setting: str, *, saturated: bool) -> list[str]:
    def fits(sample: Measurement) -> bool:
        return sample.setting == setting and (sample.rate is None) == saturated

    return list(dict.fromkeys(sample.case for sample in results.samples if fits(sample)))


def _table(first: str, *others: str, markdown: bool) -> Table:
    table = Table(box=MARKDOWN if markdown else SQUARE)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
