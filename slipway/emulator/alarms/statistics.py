"""The statistics that CloudWatch makes of the values of one period.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import dataclasses
import re
from collections.abc import Sequence
from typing import Final

_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
_PLAIN: Final = frozenset({"Average", "Minimum", "Maximum", "Sum", "SampleCount"})
_COUNTS: Final = frozenset({"Sum", "SampleCount"})


@dataclasses.dataclass(frozen=True)
class Datapoint:
    """What was published at once.

    Attributes:
        at: When, in seconds.
        value: One value, or the mean of a statistic set.
        count: How often it was measured.
        lowest: Its minimum if it is a statistic set.
        highest: Its maximum if it is a statistic set.
    """

    at: float
    value: float
    count: float = 1.0
    lowest: float | None = None
    highest: float | None = None

    @property
    def minimum(self) -> float:
        """The lowest value."""
        return self.value if self.lowest is None else self.lowest

    @property
    def maximum(self) -> float:
        """The highest value."""
        return self.value if self.highest is None else self.highest


def is_known(statistic: str) -> bool:
    """Whether the statistic is made here."""
    return statistic in _PLAIN or _PERCENTILE.fullmatch(statistic) is not None


def grows_with_period(statistic: str) -> bool:
    """Whether twice as long a period makes the statistic about twice as large."""
    return statistic in _COUNTS


def fewest_samples(statistic: str) -> float:
    """How many values a percentile needs to be significant, 0 for another statistic."""
    percentile = _PERCENTILE.fullmatch(statistic)
    if percentile is None:
        return 0
    # Amazon CloudWatch User Guide, "Percentile-based alarms and low data samples": 1000 for p99.
    share = float(percentile[1]) / 100
    rest = 1 - share if share >= 0.5 else share  # noqa: PLR2004  the guide's formula
    return 10 / rest if rest else 0


def value_of(statistic: str, samples: Sequence[Datapoint]) -> float | None:
    """The statistic of the values of one period, None if there is none."""
    count = sum(sample.count for sample in samples)
    if not count:
        return None
    total = sum(sample.value * sample.count for sample in samples)
    plain = {
        "Average": total / count,
        "Maximum": max(sample.maximum for sample in samples),
        "Minimum": min(sample.minimum for sample in samples),
        "SampleCount": count,
        "Sum": total,
    }
    percentile = _PERCENTILE.fullmatch(statistic)
    return _percentile(float(percentile[1]), samples, count) if percentile else plain.get(statistic)


def _percentile(percent: float, samples: Sequence[Datapoint], count: float) -> float | None:
    # There are none of what only its sum is known of, and none of negative values.
    if any(sample.minimum != sample.maximum or sample.value < 0 for sample in samples):
        return None
    rank, seen = percent / 100 * count, 0.0
    ordered = sorted(samples, key=lambda sample: sample.value)
    for sample in ordered:
        seen += sample.count
        if seen >= rank:
            return sample.value
    return ordered[-1].value
