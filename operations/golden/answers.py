"""Asks a live variant every golden sample, and compares answers and latency with what was promised."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from operations.golden.comparison import differences
from operations.golden.latency import Latency
from operations.golden.samples import Sample
from operations.live.aws import Aws
from operations.live.invocation import Answer, InvocationError, invoke

_SHOWN_DIFFERENCES: Final = 3


@dataclass(frozen=True, kw_only=True)
class AskedVariant:
    """How a variant answered its golden samples.

    Attributes:
        samples: How many samples it was asked.
        as_expected: How many of them it answered as expected, every time.
        latency: What the requests took, None when none was answered.
        problems: What was wrong, a sentence per sample.
    """

    samples: int
    as_expected: int
    latency: Latency | None
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whom to ask, and how often.

    Attributes:
        endpoint_name: The endpoint.
        variant: The variant that is asked.
        only_variant: Whether it has the endpoint to itself, so that it need not be named.
        requests: How often each sample is sent.
    """

    endpoint_name: str
    variant: str
    only_variant: bool
    requests: int


def ask(aws: Aws, asking: Asking, samples: Sequence[Sample], *, tell: Callable[[str], None]) -> AskedVariant:
    """Send every sample to a variant, after one request that is not counted: it opens the connection.

    A sample is not sent again after it went wrong.
    """
    latencies: list[float] = []
    problems: list[str] = []
    for number, sample in enumerate(samples, start=1):
        tell(f"asking {asking.endpoint_name}, variant {asking.variant}: sample {number} of {len(samples)}")
        try:
            if number == 1:
                _send(aws, asking, sample)
            for answer in _repeatedly(aws, asking, sample):
                latencies.append(answer.latency_ms)
                _check(sample, answer, asking)
        except InvocationError as error:
            problems.append(f"Variant {asking.variant}, sample {sample.name}: {error}")
    return AskedVariant(
        samples=len(samples),
        as_expected=len(samples) - len(problems),
        latency=Latency(milliseconds=latencies) if latencies else None,
        problems=tuple(problems),
    )


def _repeatedly(aws: Aws, asking: Asking, sample: Sample) -> Iterator[Answer]:
    for _ in range(asking.requests):
        yield _send(aws, asking, sample)


def _send(aws: Aws, asking: Asking, sample: Sample) -> Answer:
    return invoke(
        aws,
        asking.endpoint_name,
        sample.request,
        content_type=sample.content_type,
        accept=sample.accept,
        variant=None if asking.only_variant else asking.variant,
    )


def _check(sample: Sample, answer: Answer, asking: Asking) -> None:
    """Raise what is wrong with an answer."""
    if answer.variant and answer.variant != asking.variant:
        raise InvocationError(f"the variant {answer.variant} answered.")
    found = differences(sample.response, answer.body, sample.accept)
    if found:
        more = len(found) - _SHOWN_DIFFERENCES
        shown = "; ".join(found[:_SHOWN_DIFFERENCES]) + (f"; and {more} more differences" if more > 0 else "")
        raise InvocationError(f"{shown}.")
