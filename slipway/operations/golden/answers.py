"""Asks a live variant every golden sample, and compares answers and latency with what was promised."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from slipway.operations.errors import OperationError
from slipway.operations.golden.comparison import differences
from slipway.operations.golden.latency import Latency
from slipway.operations.golden.samples import Sample, Samples


class InvocationError(OperationError):
    """A request that was not answered with a prediction; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a deployed model answered.

    Attributes:
        body: The model's answer, untouched.
        content_type: Its media type.
        variant: The variant that gave it.
        latency_ms: Milliseconds from the call to the last byte, as the caller saw them.
    """

    body: bytes
    content_type: str
    variant: str
    latency_ms: float


Send = Callable[[Sample], Answer]

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
        whom: Who is asked, for people: a service, and where it runs.
        variant: The variant that is asked, or the variant.
        requests: How often each sample is sent.
        send: Sends one sample to it, once.
    """

    whom: str
    variant: str
    requests: int
    send: Send


def ask(asking: Asking, samples: Sequence[Sample], *, on_progress: Callable[[str], None]) -> AskedVariant:
    """Send every sample to a variant, after one request that is not counted: it opens the connection.

    A sample is not sent again after it went wrong.
    """
    latencies: list[float] = []
    problems: list[str] = []
    for number, sample in enumerate(samples, start=1):
        on_progress(f"asking {asking.whom}, variant {asking.variant}: sample {number} of {len(samples)}")
        try:
            if number == 1:
                asking.send(sample)
            for answer in _repeatedly(asking, sample):
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


def wrong_with(sample: Sample, answer: Answer) -> str | None:
    """How an answer differs from the one expected, in a sentence; None if it does not."""
    found = differences(sample.response, answer.body, sample.accept)
    if not found:
        return None
    more = len(found) - _SHOWN_DIFFERENCES
    return "; ".join(found[:_SHOWN_DIFFERENCES]) + (f"; and {more} more differences." if more > 0 else ".")


def expected_of_any(samples: Samples, sample: Sample, answer: bytes) -> bool:
    """Whether an answer is the one expected of any variant: by weight, each of them may have given it."""
    return any(not differences(own.response, answer, own.accept) for own in samples.versions_of(sample))


def _repeatedly(asking: Asking, sample: Sample) -> Iterator[Answer]:
    for _ in range(asking.requests):
        yield asking.send(sample)


def _check(sample: Sample, answer: Answer, asking: Asking) -> None:
    """Raise what is wrong with an answer."""
    if answer.variant and answer.variant != asking.variant:
        raise InvocationError(f"the variant {answer.variant} answered.")
    if wrong := wrong_with(sample, answer):
        raise InvocationError(wrong)
