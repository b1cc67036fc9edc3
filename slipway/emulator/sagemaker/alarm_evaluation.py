"""Whether an alarm rings for what was measured, as CloudWatch decides it, in minutes that may be shortened.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

import dataclasses
import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
_MINUTE: Final = 60
_PERCENTILE: Final = re.compile(r"p(\d+(?:\.\d+)?)")
_COMPARISONS: Final[dict[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_PLAIN: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "Average": statistics.fmean,
    "Minimum": min,
    "Maximum": max,
    "Sum": math.fsum,
    "SampleCount": len,
}
_COUNTS: Final = {"Sum", "SampleCount"}  # those that grow with the length of the period


@dataclasses.dataclass(frozen=True)
class Datapoint:
    """One measured value, and how many seconds after the beginning it was measured."""

    at: float
    value: float


@dataclasses.dataclass(frozen=True)
class AlarmVerdict:
    """A state of an alarm, and why, in CloudWatch's words."""

    state: str
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlarmCondition:
    """When an alarm rings; each attribute is that of `DescribeAlarms`.

    Attributes:
        statistic: `Statistic` or `ExtendedStatistic`, such as `Average` or `p99`.
        threshold: What a datapoint is compared with.
        comparison: How.
        period_seconds: What one datapoint is made of.
        evaluation_periods: How many datapoints are looked at.
        datapoints_to_alarm: How many of them have to breach.
        missing: What a period without a value counts as.
        needs_samples: Whether a percentile of too few values is not looked at.
    """

    statistic: str
    threshold: float
    comparison: str
    period_seconds: int = _MINUTE
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 1
    missing: str = "missing"
    needs_samples: bool = False

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self | None:
        """The condition of a metric alarm, None if it is of a kind that is not known here."""
        statistic = described.get("ExtendedStatistic") or described.get("Statistic") or ""
        comparison = described.get("ComparisonOperator")
        if comparison not in _COMPARISONS or not (statistic in _PLAIN or _PERCENTILE.fullmatch(statistic)):
            return None
        periods = int(described["EvaluationPeriods"])
        return cls(
            statistic=statistic,
            threshold=float(described["Threshold"]),
            comparison=comparison,
            period_seconds=int(described["Period"]),
            evaluation_periods=periods,
            datapoints_to_alarm=int(described.get("DatapointsToAlarm") or periods),
            missing=described.get("TreatMissingData") or "missing",
            needs_samples=described.get("EvaluateLowSampleCountPercentile") == "ignore",
        )

    @property
    def fewest_samples(self) -> float:
        """How many values the periods looked at need to have together."""
        percentile = _PERCENTILE.fullmatch(self.statistic)
        if not self.needs_samples or percentile is None:
            return 0
        # Amazon CloudWatch User Guide, "Percentile-based alarms and low data samples": 1000 for p99.
        share = float(percentile[1]) / 100
        return 10 / (1 - share if share >= 0.5 else share)  # noqa: PLR2004  the guide's formula

    def breached_by(self, datapoint: float) -> bool:
        """Whether a datapoint breaches."""
        return _COMPARISONS[self.comparison][0](datapoint, self.threshold)


def evaluate(
    condition: AlarmCondition, samples: Sequence[Datapoint], *, age: float, minute_seconds: float = _MINUTE
) -> AlarmVerdict | None:
    """The state of an alarm.

    Only whole periods since the beginning are looked at; what was before it counts as nothing. In shortened minutes
    there are fewer values, so the count of those that a percentile needs is shortened likewise, and a sum is
    stretched to what it would have been in the whole period.

    Args:
        condition: When it rings.
        samples: What was measured.
        age: Seconds since the beginning.
        minute_seconds: How many seconds a minute of the alarm's period lasts.

    Returns:
        None if the state is to stay what it is.
    """
    shortening = minute_seconds / _MINUTE
    period = condition.period_seconds * shortening
    end = math.floor(age / period)
    wanted = range(max(0, end - condition.evaluation_periods), end)
    values: dict[int, list[float]] = {number: [] for number in wanted}
    for sample in samples:
        if (number := math.floor(sample.at / period)) in values:
            values[number].append(sample.value)
    count = sum(map(len, values.values()))
    if not wanted or (count and count < condition.fewest_samples * shortening):
        return None
    datapoints = [_datapoint(condition, found, 1 / shortening) for found in values.values() if found]
    breaching = [point for point in datapoints if condition.breached_by(point)]
    missing = len(wanted) - len(datapoints)
    bad = len(breaching) + (missing if condition.missing == "breaching" else 0)
    if not datapoints and condition.missing in {"missing", "ignore"}:
        no_data = AlarmVerdict(INSUFFICIENT_DATA, f"Insufficient Data: {missing} datapoints were unknown.")
        return no_data if condition.missing == "missing" else None
    if bad >= condition.datapoints_to_alarm:
        return AlarmVerdict(ALARM, _threshold_crossed(condition, len(wanted), breaching, bad - len(breaching)))
    return AlarmVerdict(
        OK, f"{bad} of the last {len(wanted)} datapoints breach; {condition.datapoints_to_alarm} would ring."
    )


def _datapoint(condition: AlarmCondition, values: list[float], stretch: float) -> float:
    percentile = _PERCENTILE.fullmatch(condition.statistic)
    if percentile is None:
        value = _PLAIN[condition.statistic](values)
        return value * stretch if condition.statistic in _COUNTS else value
    rank = math.ceil(float(percentile[1]) / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def _threshold_crossed(condition: AlarmCondition, periods: int, breaching: list[float], missing: int) -> str:
    relation = _COMPARISONS[condition.comparison][1]
    shown = ", ".join([*(f"{point:g}" for point in breaching), *["no data"] * missing])
    return (
        f"Threshold Crossed: {len(breaching) + missing} out of the last {periods} datapoints [{shown}] were {relation} "
        f"the threshold ({condition.threshold:g}), {condition.statistic} over {condition.period_seconds} s each "
        f"(minimum {condition.datapoints_to_alarm} datapoints for OK -> ALARM transition)."
    )
