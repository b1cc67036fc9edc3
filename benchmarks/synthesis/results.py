"""What was measured, as it is kept in a file and shown in the docs."""

import math
import statistics
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

#: The figures that the docs quote, as they were measured last.
KEPT: Final = Path(__file__).parents[1] / "measured" / "synthesis.json"


class BackendName(StrEnum):
    """What serves the services; `mixed` takes turns."""

    SAGEMAKER = "sagemaker"
    EKS = "eks"
    MIXED = "mixed"

    def of(self, number: int) -> "BackendName":
        """What serves the service of a number."""
        return self if self is not BackendName.MIXED else (BackendName.SAGEMAKER, BackendName.EKS)[number % 2]


class SynthesisError(Exception):
    """A synthesis failed, or there are no results to show. The message is a sentence for the terminal."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Run(_Model):
    """One synthesis.

    Attributes:
        backend: What serves the services.
        services: Services per environment.
        stacks: Templates that it wrote.
        wall_s: From the start of the process to its end.
        cpu_s: Processor time of the process and of the Node.js process that the CDK runs in.
        peak_mb: The most memory that both had resident at one time, in millions of bytes, sampled every 50 ms.
    """

    backend: BackendName
    services: int
    stacks: int
    wall_s: float
    cpu_s: float
    peak_mb: float


class SynthesisResults(_Model):
    """Everything that was measured.

    Attributes:
        machine: Where and when.
        rounds: How often each size was synthesised.
        load: The machine's load average over one minute before it began.
        runs: Each synthesis.
    """

    machine: str
    rounds: int
    load: float
    runs: tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class Size:
    """Medians of all rounds of one size."""

    services: int
    stacks: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def sizes_of(results: SynthesisResults, backend: BackendName) -> tuple[Size, ...]:
    """What the rounds of each size took, smallest first."""
    found = []
    for services in sorted({run.services for run in results.runs if run.backend == backend}):
        runs = [run for run in results.runs if (run.backend, run.services) == (backend, services)]
        found.append(
            Size(
                services=services,
                stacks=runs[0].stacks,
                wall_s=statistics.median(run.wall_s for run in runs),
                cpu_s=statistics.median(run.cpu_s for run in runs),
                peak_mb=statistics.median(run.peak_mb for run in runs),
            )
        )
    return tuple(found)


def per_doubling(less: float, more: float, *, times: float) -> float:
    """By how much a figure grows when the services double, where `times` as many made it grow from less to more.

    2 is linear growth; below, there is a fixed part; above, the price of a service rises with their number.
    """
    return math.pow(more / less, 1 / math.log2(times))


def read_results(path: Path) -> SynthesisResults:
    """Results as they were kept.

    Raises:
        SynthesisError: There are none, or they are of another version of this program.
    """
    try:
        return SynthesisResults.model_validate_json(path.read_text())
    except (OSError, ValidationError) as error:
        raise SynthesisError(f"{path}: no results that can be shown; measure with --save {path}") from error
