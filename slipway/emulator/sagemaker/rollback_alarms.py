"""The alarms of a rollout: read from CloudWatch, evaluated on what the servers measured, and set there."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from slipway.emulator.data_plane.metrics import MEASURED, NAMESPACE, InvocationWatch
from slipway.emulator.sagemaker.alarm_evaluation import ALARM, AlarmCondition, Datapoint, evaluate


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
        condition = AlarmCondition.of(described) if described.get("MetricName") in MEASURED else None
        if condition is not None and described.get("Namespace") == NAMESPACE:
            verdict = evaluate(
                condition, list(_samples(described, watch)), age=watch.age, minute_seconds=self.minute_seconds
            )
            if verdict is None:
                return None
            if verdict.state != state:
                self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=verdict.state, StateReason=verdict.reason)
            state, reason = verdict.state, verdict.reason
        return Ringing(name, reason) if state == ALARM else None

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
