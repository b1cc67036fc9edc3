"""The measurement: rounds in which every setting and case has its turn, so that a slow minute hits all alike."""

import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.serving_throughput.load import RequestOutcome, at_rate, saturate, use_cpus
from benchmarks.serving_throughput.quiet import Patience, busy_s
from benchmarks.serving_throughput.requests import PING, Case
from benchmarks.serving_throughput.results import Machine, Measurement, ThroughputResults
from benchmarks.serving_throughput.server import BenchmarkError, Server, Setting, running_server

ONE_CORE: Final = "one core"
NO_LINES: Final = "one core, no line per answer"
TWO_CORES: Final = "two cores, two threads"

_PERCENT: Final = 100
_LAST: Final = 98  # of the 99 cut points between hundredths


@dataclass(frozen=True, kw_only=True)
class Windows:
    """How long and how hard to measure.

    Attributes:
        rounds: How often everything is measured.
        seconds: Length of a window.
        connections: Connections of a saturated window.
        patience_s: Seconds to wait in all for moments in which the machine does little else.
        load_share: Rate of the window that is not saturated, as a share of what the saturated one answered.
    """

    rounds: int
    seconds: float
    connections: int = 8
    patience_s: float = 0
    load_share: float = 0.6


def measure(model_dir: Path, cases: Sequence[Case], windows: Windows, tell: Callable[[str], None]) -> ThroughputResults:
    """Measure everything.

    The server is bound to one processor and the load generator to another; with two cores for the server they share.

    Raises:
        BenchmarkError: There are fewer than two processors, or the server does not answer as it should.
    """
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:  # noqa: PLR2004 - server and client
        raise BenchmarkError("One processor is not enough: the server and the load generator need one each.")
    machine = _machine(len(cpus))
    try:
        samples = tuple(_rounds(model_dir, cases, windows, (cpus[0], cpus[1]), tell))
    finally:
        use_cpus(cpus)
    return ThroughputResults(machine=machine, rounds=windows.rounds, seconds=windows.seconds, samples=samples)


def _rounds(
    model_dir: Path, cases: Sequence[Case], windows: Windows, cpus: tuple[int, int], tell: Callable[[str], None]
) -> Iterator[Measurement]:
    first, second = cpus
    settings = (
        (Setting(name=ONE_CORE, server_cpus=(first,), client_cpus=(second,)), (PING, *cases)),
        (
            Setting(name=NO_LINES, server_cpus=(first,), client_cpus=(second,), flags=("--log-level", "warning")),
            cases[:1],
        ),
        (Setting(name=TWO_CORES, server_cpus=cpus, client_cpus=cpus), cases[:1]),
    )
    patience = Patience(windows.patience_s)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, windows.rounds + 1):
            for setting, its_cases in settings:
                tell(f"round {number} of {windows.rounds}: {setting.name}")
                with running_server(model_dir, setting, Path(folder) / "stdout") as server:
                    use_cpus(setting.client_cpus)
                    yield from _windows(server, setting, its_cases, windows, patience, seed=number)


def _windows(
    server: Server, setting: Setting, cases: Sequence[Case], windows: Windows, patience: Patience, *, seed: int
) -> Iterator[Measurement]:
    seconds, connections = windows.seconds, windows.connections
    saturate(server.url, cases[0], connections=connections, seconds=seconds / 4)  # warms up, and is thrown away
    for case in cases:
        full = partial(saturate, server.url, case, connections=connections, seconds=seconds)
        patience.wait()
        saturated = _window(server, setting, case, None, full)
        yield saturated
        if setting.name == ONE_CORE and case.rows:
            rate = saturated.requests_per_second * windows.load_share
            steady = partial(at_rate, server.url, case, per_second=rate, seconds=seconds, seed=seed)
            patience.wait()
            yield _window(server, setting, case, rate, steady)


def _window(
    server: Server, setting: Setting, case: Case, rate: float | None, run: Callable[[], RequestOutcome]
) -> Measurement:
    cpu, logged, busy = server.cpu_s(), server.logged_bytes(), busy_s()
    outcome = run()
    server_s, all_s = server.cpu_s() - cpu, busy_s() - busy
    requests = len(outcome.latencies_ms)
    if requests < 2:  # noqa: PLR2004 - a percentile needs two
        raise BenchmarkError(
            f"{case.name}: {requests} requests in {outcome.seconds:.1f} s say nothing; measure longer."
        )
    cuts = statistics.quantiles(outcome.latencies_ms, n=_PERCENT, method="inclusive")
    return Measurement(
        setting=setting.name,
        case=case.name,
        rate=rate,
        requests_per_second=requests / outcome.seconds,
        server_cpus=server_s / outcome.seconds,
        client_cpus=outcome.cpu_s / outcome.seconds,
        other_cpus=max(0.0, all_s - server_s - outcome.cpu_s) / outcome.seconds,
        p50_ms=statistics.median(outcome.latencies_ms),
        p99_ms=cuts[_LAST],
        bytes_per_request=outcome.bytes_per_request,
        log_bytes_per_request=round((server.logged_bytes() - logged) / (requests + 1)),
    )


def _machine(cores: int) -> Machine:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return Machine(
        processor=names[0] if names else platform.machine(),
        cores=cores,
        python=platform.python_version(),
        date=datetime.now(tz=UTC).date().isoformat(),
        load=round(os.getloadavg()[0], 2),
    )
