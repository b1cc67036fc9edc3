"""The alarms of a rollout: read from CloudWatch, evaluated on what the servers measured, and set there.

Minutes may be shortened. Then there are fewer values, so the count of those that a percentile needs is shortened
likewise, and a sum is stretched to what it would have been in the whole period.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from slipway.emulator.alarms.evaluation import ALARM, MINUTE, AlarmCondition, AlarmVerdict, evaluate
from slipway.emulator.alarms.statistics import Datapoint, fewest_samples, grows_with_period, is_known, value_of
from slipway.emulator.data_plane.metrics import MEASURED, NAMESPACE, InvocationWatch


class AlarmsClient(Protocol):
    """The two calls of boto3's CloudWatch client that are needed here."""

    def describe_alarms(self, *, AlarmNames: list[str], AlarmTypes: list[str]) -> dict[str, Any]: ...  # noqa: N803, D102
    def set_alarm_state(self, *, AlarmName: str, StateValue: str, StateReason: str) -> object: ...  # noqa: N803, D102


@dataclasses.dataclass(frozen=True)
class Ringing:
    """An alarm in ALARM, and why."""

    name: str
    reason: str


@dataclasses.dataclass(frozen=True)
class WatchedAlarms:
    """Some alarms by name.

    Attributes:
        cloudwatch: Where they are.
        names: Their names.
        minute_seconds: How many seconds a minute of their periods lasts.
    """

    cloudwatch: AlarmsClient
    names: Sequence[str]
    minute_seconds: float

    def unknown(self) -> list[str]:
        """The names that CloudWatch does not know."""
        known = {described["AlarmName"] for described in self._described()}
        return [name for name in self.names if name not in known]

    def ringing(self, watch: InvocationWatch) -> list[Ringing]:
        """Those that are in ALARM, for what was seen since a watch began.

        An alarm on something that no request shows, such as memory, and a composite alarm are taken in the state that
        CloudWatch has them in.
        """
        return [found for described in self._described() if (found := self._look(described, watch))]

    def _look(self, described: Mapping[str, Any], watch: InvocationWatch) -> Ringing | None:
        name, state, reason = described["AlarmName"], described["StateValue"], described.get("StateReason", "")
        statistic = described.get("ExtendedStatistic") or described.get("Statistic") or ""
        condition = AlarmCondition.of(described) if described.get("MetricName") in MEASURED else None
        if condition is not None and described.get("Namespace") == NAMESPACE and is_known(statistic):
            verdict = self._evaluate(condition, statistic, described, watch)
            if verdict is None:
                return None
            if verdict.state != state:
                self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=verdict.state, StateReason=verdict.reason)
            state, reason = verdict.state, verdict.reason
        return Ringing(name, reason) if state == ALARM else None

    def _evaluate(
        self, condition: AlarmCondition, statistic: str, described: Mapping[str, Any], watch: InvocationWatch
    ) -> AlarmVerdict | None:
        shortening = self.minute_seconds / MINUTE
        period = int(described["Period"]) * shortening
        end = math.floor(watch.age / period)
        # Whole periods only. What was before the rollout is nothing: the metric is of the new fleet.
        periods: dict[int, list[Datapoint]] = {number: [] for number in range(end - condition.range, end)}
        for sample in _samples(described, watch):
            if (number := math.floor(sample.at / period)) in periods:
                periods[number].append(sample)
        found = list(periods.values())
        count = sum(map(len, found[-condition.evaluation_periods :]))
        is_strict = described.get("EvaluateLowSampleCountPercentile") == "ignore"
        if is_strict and 0 < count < fewest_samples(statistic) * shortening:
            return None
        stretch = 1 / shortening if grows_with_period(statistic) else 1
        values = [value_of(statistic, part) for part in found]
        return evaluate(condition, [None if value is None else value * stretch for value in values])

    def _described(self) -> list[dict[str, Any]]:
        if not self.names:
            return []
        found = self.cloudwatch.describe_alarms(
            AlarmNames=list(self.names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]


def _samples(described: Mapping[str, Any], watch: InvocationWatch) -> Iterator[Datapoint]:
    """The values of an alarm's metric; dimensions have to be exactly those that it was published with."""
    wanted = {dimension["Name"]: dimension["Value"] for dimension in described.get("Dimensions", [])}
    for at, invocation in list(watch.seen):
        if any(dict(dimensions) == wanted for dimensions in invocation.dimensions):
            yield Datapoint(at, invocation.measures[described["MetricName"]][1])
