from typing import Any

import pytest

from slipway.emulator.data_plane.metrics import Invocation, InvocationWatch
from slipway.emulator.sagemaker.rollback_alarms import WatchedAlarms

NEW = {"EndpointName": "triage", "VariantName": "main", "EndpointConfigName": "new"}


class _CloudWatch:
    """Knows some alarms, and remembers the states it is told."""

    def __init__(self, *alarms: dict[str, Any]) -> None:
        self._alarms = alarms
        self.states: dict[str, str] = {}

    def describe_alarms(self, *, AlarmNames: list[str], AlarmTypes: list[str]) -> dict[str, Any]:  # noqa: N803
        assert AlarmTypes == ["MetricAlarm", "CompositeAlarm"]
        return {"MetricAlarms": [alarm for alarm in self._alarms if alarm["AlarmName"] in AlarmNames]}

    def set_alarm_state(self, *, AlarmName: str, StateValue: str, StateReason: str) -> None:  # noqa: N803
        assert StateReason
        self.states[AlarmName] = StateValue


class _Watch(InvocationWatch):
    """A watch that is one shortened minute old."""

    age: float = 1.0


def _alarm(state: str = "OK", **changes: Any) -> dict[str, Any]:
    dimensions = changes.pop("dimensions", NEW)
    return {
        "AlarmName": "errors",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": state,
        "StateReason": "as it was",
    } | changes


def _watch(**statuses: int) -> _Watch:
    """Ten requests for each fleet, all answered with its status."""
    watch = _Watch("triage")
    for config, status in statuses.items():
        watch.seen += [(0.5, Invocation("triage", "main", config, status, 0.002, 0.001))] * 10
    return watch


def _rings(cloudwatch: _CloudWatch, watch: InvocationWatch) -> list[str]:
    return [found.name for found in WatchedAlarms(cloudwatch, ["errors"], minute_seconds=1).ringing(watch)]


def test_only_the_fleet_that_the_alarm_names_counts() -> None:
    assert _rings(_CloudWatch(_alarm()), _watch(old=200, new=500)) == ["errors"]
    assert _rings(_CloudWatch(_alarm()), _watch(old=500, new=200)) == []
    of_both = {name: value for name, value in NEW.items() if name != "EndpointConfigName"}
    assert _rings(_CloudWatch(_alarm(dimensions=of_both, Threshold=0.4)), _watch(old=200, new=500)) == ["errors"]
    assert _rings(_CloudWatch(_alarm(dimensions=of_both)), _watch(old=200, new=500)) == []


@pytest.mark.parametrize(
    ("before", "status", "told"),
    [("OK", 500, "ALARM"), ("ALARM", 500, None), ("ALARM", 200, "OK"), ("INSUFFICIENT_DATA", 200, "OK")],
)
def test_cloudwatch_is_told_of_every_change_and_of_nothing_else(before: str, status: int, told: str | None) -> None:
    cloudwatch = _CloudWatch(_alarm(before))
    assert _rings(cloudwatch, _watch(new=status)) == (["errors"] if status == 500 else [])
    assert cloudwatch.states.get("errors") == told


def test_a_bad_version_with_few_requests_is_rolled_back() -> None:
    """Errors in the first and the fourth of the shortened minutes, and nobody asks in those between."""
    watch = _Watch("triage")
    watch.age = 4.0
    watch.seen = [(at, Invocation("triage", "main", "new", 500, 0.002, 0.001)) for at in (0.5, 3.5)]
    assert _rings(_CloudWatch(_alarm(EvaluationPeriods=3, DatapointsToAlarm=2)), watch) == ["errors"]
    watch.seen.pop()
    assert _rings(_CloudWatch(_alarm(EvaluationPeriods=3, DatapointsToAlarm=2)), watch) == []


def test_only_whole_minutes_count() -> None:
    watch = _watch(new=500)
    watch.age = 0.9
    assert _rings(_CloudWatch(_alarm()), watch) == []


def test_a_sum_is_stretched_and_the_values_of_a_percentile_are_fewer_in_a_shortened_minute() -> None:
    whole = _alarm(Statistic="Sum", Threshold=599)
    assert _rings(_CloudWatch(whole), _watch(new=500)) == ["errors"], "10 in a second are 600 in a minute"
    slow = _alarm(Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore")
    assert _rings(_CloudWatch(slow), _watch(new=500)) == [], "1000 in a minute are 16.7 in a second"
    watch = _watch(new=500)
    watch.seen *= 2
    assert _rings(_CloudWatch(slow), watch) == ["errors"]


@pytest.mark.parametrize("state", ["OK", "ALARM"])
def test_an_alarm_on_what_no_request_shows_is_taken_as_cloudwatch_has_it(state: str) -> None:
    memory = _alarm(state, Namespace="/aws/sagemaker/Endpoints", MetricName="MemoryUtilization")
    cloudwatch = _CloudWatch(memory)
    assert _rings(cloudwatch, _watch(new=500)) == (["errors"] if state == "ALARM" else [])
    assert cloudwatch.states == {}


def test_names_that_are_not_there_are_found_out() -> None:
    assert WatchedAlarms(_CloudWatch(_alarm()), ["errors", "gone"], 1).unknown() == ["gone"]
    assert WatchedAlarms(_CloudWatch(), [], 1).unknown() == []


def test_a_watch_sees_its_own_endpoint_only() -> None:
    watch = InvocationWatch("triage")
    for endpoint in ("triage", "other"):
        watch.add(Invocation(endpoint, "main", "new", 200, 0.002, 0.001))
    assert [invocation.endpoint for _, invocation in watch.seen] == ["triage"]
