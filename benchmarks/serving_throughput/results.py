"""What was measured, as it is kept in a file and shown in the docs."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.serving_throughput.server import BenchmarkError

#: The figures that the docs quote, as they were measured last.
KEPT: Final = Path(__file__).parents[1] / "measured" / "serving_throughput.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Model):
    """Where it was measured.

    Attributes:
        processor: The processor, as the kernel names it.
        cores: Processors that the machine has.
        python: Python's version.
        date: Day of the measurement.
        load: The machine's load average over one minute before it began: what else was running.
    """

    processor: str
    cores: int
    python: str
    date: str
    load: float


class Measurement(_Model):
    """One window of a few seconds.

    Attributes:
        setting: How the server was run.
        case: What was sent.
        rate: Requests per second that were sent, for a window at a given rate; None when saturated.
        requests_per_second: Answers per second.
        server_cpus: Processors that the server used on average.
        client_cpus: Processors that the load generator used on average: near 1 it would be the bottleneck.
        other_cpus: Processors that everything else on the machine used on average.
        p50_ms: Median latency.
        p99_ms: Latency that 99 of 100 requests kept.
        bytes_per_request: Of a request and its answer, headers included.
        log_bytes_per_request: Of what the server wrote to stdout.
    """

    setting: str
    case: str
    rate: float | None
    requests_per_second: float
    server_cpus: float
    client_cpus: float
    other_cpus: float
    p50_ms: float
    p99_ms: float
    bytes_per_request: int
    log_bytes_per_request: int

    @property
    def per_cpu_second(self) -> float:
        """Answers per second of the server's processor time: what other work on the machine changes least."""
        return self.requests_per_second / self.server_cpus


class ThroughputResults(_Model):
    """All windows of all rounds."""

    machine: Machine
    rounds: int
    seconds: float
    samples: tuple[Measurement, ...]

    def of(self, setting: str, case: str, *, saturated: bool = True) -> "Spread":
        """The windows of one setting and case.

        Raises:
            BenchmarkError: There are none.
        """
        found = [
            sample
            for sample in self.samples
            if sample.setting == setting and sample.case == case and (sample.rate is None) == saturated
        ]
        if not found:
            raise BenchmarkError(f"Nothing was measured of {case!r} with {setting!r}.")
        return Spread(found)

    def ratios(self, setting: str, other: str, case: str, figure: Callable[[Measurement], float]) -> list[float]:
        """How many times the other setting's figure the one setting has, round by round."""
        pairs = zip(self.of(setting, case).samples, self.of(other, case).samples, strict=True)
        return [figure(one) / figure(two) for one, two in pairs]


class Spread:
    """Several windows of the same."""

    def __init__(self, samples: Sequence[Measurement]) -> None:
        self.samples = samples

    def median(self, figure: Callable[[Measurement], float]) -> float:
        """The figure's median."""
        return statistics.median(map(figure, self.samples))

    def text(self, figure: Callable[[Measurement], float], decimals: int = 0) -> str:
        """The figure's median, with the least and the greatest."""
        return spread(map(figure, self.samples), decimals)


def spread(values: Iterable[float], decimals: int) -> str:
    """Write a median with the least and the greatest value."""
    known = sorted(values)
    least, middle, most = (f"{value:,.{decimals}f}" for value in (known[0], statistics.median(known), known[-1]))
    return f"{middle} ({least} to {most})"


def read_results(path: Path) -> ThroughputResults:
    """Read what was measured.

    Raises:
        BenchmarkError: The file is missing or is none of ours.
    """
    try:
        return ThroughputResults.model_validate_json(path.read_text())
    except (OSError, ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"{error.error_count()} values are not as expected"
        raise BenchmarkError(f"{path} holds no results that can be read: {reason}.") from None
