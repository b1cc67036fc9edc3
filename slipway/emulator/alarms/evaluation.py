"""Which state an alarm is in for its datapoints, as CloudWatch decides it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import dataclasses
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
#: How many more periods are looked at than are needed, so that gaps are filled with what was measured. The page names 5
#: for 3 evaluation periods, and says that the number differs.
SPARE_PERIODS: Final = 2
MINUTE: Final = 60
_COMPARISONS: Final[dict[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclasses.dataclass(frozen=True)
class AlarmVerdict:
    """A state of an alarm, and why, in CloudWatch's words."""

    state: str
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlarmCondition:
    """When an alarm rings; each attribute is that of `DescribeAlarms`.

    Attributes:
        threshold: What a datapoint is compared with.
        comparison: How.
        evaluation_periods: How many datapoints are needed.
        datapoints_to_alarm: How many of them have to breach.
        missing: What a datapoint that is not there counts as.
    """

    threshold: float
    comparison: str
    evaluation_periods: int = 1
    datapoints_to_alarm: int = 1
    missing: str = "missing"

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Self | None:
        """The condition of a metric alarm, None if it is compared with a band."""
        if described.get("ComparisonOperator") not in _COMPARISONS or described.get("Threshold") is None:
            return None
        periods = int(described["EvaluationPeriods"])
        return cls(
            threshold=float(described["Threshold"]),
            comparison=described["ComparisonOperator"],
            evaluation_periods=periods,
            datapoints_to_alarm=int(described.get("DatapointsToAlarm") or periods),
            missing=described.get("TreatMissingData") or "missing",
        )

    @property
    def range(self) -> int:
        """How many periods are looked at."""
        return self.evaluation_periods + SPARE_PERIODS

    def breached_by(self, datapoint: float) -> bool:
        """Whether a datapoint breaches."""
        return _COMPARISONS[self.comparison][0](datapoint, self.threshold)


def evaluate(condition: AlarmCondition, datapoints: Sequence[float | None]) -> AlarmVerdict | None:
    """The state of an alarm.

    Args:
        condition: When it rings.
        datapoints: One for each period of the evaluation range, the newest last; None where nothing was measured.

    Returns:
        None if the state is to stay what it is.
    """
    needed, needed_bad = condition.evaluation_periods, condition.datapoints_to_alarm
    # Those measured are taken from as far back as the range goes; only what then lacks is filled.
    measured = [point for point in datapoints if point is not None][-needed:]
    breaching = [point for point in measured if condition.breached_by(point)]
    missing = needed - len(measured)
    filled = missing if condition.missing == "breaching" else 0
    if len(breaching) + filled >= needed_bad:
        return AlarmVerdict(ALARM, _threshold_crossed(condition, breaching, filled))
    fine = AlarmVerdict(
        OK, f"{len(breaching) + filled} of the last {needed} datapoints breach; {needed_bad} would ring."
    )
    if not missing or condition.missing in {"breaching", "notBreaching"} or len(measured) > len(breaching):
        return fine
    if not measured:
        no_data = AlarmVerdict(INSUFFICIENT_DATA, f"Insufficient Data: {missing} datapoints were unknown.")
        return no_data if condition.missing == "missing" else None
    # All that was measured breaches, and too little was measured: "Avoiding premature transitions to alarm state".
    age = len(datapoints) - next(number for number, point in enumerate(datapoints) if point is not None)
    is_old = age >= needed_bad and condition.missing == "missing"
    return AlarmVerdict(ALARM, _threshold_crossed(condition, breaching, missing)) if is_old else None


def _threshold_crossed(condition: AlarmCondition, breaching: Sequence[float], filled: int) -> str:
    shown = ", ".join([*(f"{point:g}" for point in breaching), *["no data"] * filled])
    return (
        f"Threshold Crossed: {len(breaching) + filled} out of the last {condition.evaluation_periods} datapoints "
        f"[{shown}] were {_COMPARISONS[condition.comparison][1]} the threshold ({condition.threshold:g}) "
        f"(minimum {condition.datapoints_to_alarm} datapoints for OK -> ALARM transition)."
    )
