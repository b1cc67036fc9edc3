from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from slipway.emulator.alarms.evaluation import ALARM, INSUFFICIENT_DATA, OK
from slipway.emulator.alarms.metrics import verdict
from slipway.emulator.alarms.statistics import Datapoint

NOW = 6_000_030.0
MINE = {"Service": "mine"}
ALARM_ON_MINE = {
    "AlarmName": "errors",
    "StateValue": INSUFFICIENT_DATA,
    "Namespace": "App",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "Service", "Value": "mine"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 100,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "missing",
}


class _Published:
    """Values in minutes before now, by namespace, name and dimensions."""

    def __init__(self, *series: tuple[str, str, Mapping[str, str], Sequence[Sequence[float]]]) -> None:
        self._samples = {
            (namespace, name, tuple(dimensions.items())): [
                Datapoint(NOW - 30 - 60 * (len(minutes) - number) + 1, value)
                for number, values in enumerate(minutes)
                for value in values
            ]
            for namespace, name, dimensions, minutes in series
        }

    def has(self, namespace: str, metric: str) -> bool:
        return any(key[:2] == (namespace, metric) for key in self._samples)

    def samples(
        self, namespace: str, metric: str, dimensions: Mapping[str, str], *, since: float, until: float
    ) -> Sequence[Datapoint]:
        found = self._samples.get((namespace, metric, tuple(dimensions.items())), [])
        return [sample for sample in found if since <= sample.at < until]


def _state(published: _Published, **changes: Any) -> str | None:
    found = verdict(ALARM_ON_MINE | changes, published, NOW)
    return found.state if found else None


def _mine(*minutes: Sequence[float]) -> _Published:
    return _Published(("App", "Errors", MINE, minutes))


def test_a_statistic_is_of_one_period() -> None:
    """60 in each of 3 minutes are 180 in all, and never more than 100 in a minute."""
    assert _state(_mine([60], [60], [60])) == OK
    assert _state(_mine([60, 60], [60, 60], [60, 60])) == ALARM
    assert _state(_mine([200], [0], [0])) == OK, "1 of 3"


def test_the_minute_that_is_not_over_does_not_count() -> None:
    assert _state(_Published(("App", "Errors", MINE, [[0], [0], [0], [0], [0], [0]]))) == OK
    running = _Published(("App", "Errors", MINE, [[0]]))
    running._samples["App", "Errors", tuple(MINE.items())] = [Datapoint(NOW - 1, 500)]  # noqa: SLF001
    assert _state(running, EvaluationPeriods=1) == INSUFFICIENT_DATA


@pytest.mark.parametrize("dimensions", [{}, {"Service": "other"}, MINE | {"Zone": "a"}])
def test_dimensions_are_exact(dimensions: dict[str, str]) -> None:
    """More dimensions are another metric, and so are fewer."""
    other = ("App", "Errors", dimensions, [[500], [500], [500]])
    assert _state(_Published(other)) == INSUFFICIENT_DATA
    assert _state(_Published(other, ("App", "Errors", MINE, [[1], [1], [1]]))) == OK


@pytest.mark.parametrize(
    ("treatment", "state"),
    [("missing", INSUFFICIENT_DATA), ("ignore", None), ("breaching", ALARM), ("notBreaching", OK)],
)
def test_an_alarm_without_any_data_is_evaluated_too(treatment: str, state: str | None) -> None:
    assert _state(_Published(), TreatMissingData=treatment, StateValue="ALARM") == state


def test_an_alarm_on_what_nothing_here_publishes_stays_as_it_is() -> None:
    lost = {"Namespace": "AWS/NATGateway", "MetricName": "ErrorPortAllocation", "TreatMissingData": "breaching"}
    assert _state(_Published(), **lost) is None
    quiet = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "TreatMissingData": "breaching"}
    assert _state(_Published(), **quiet) == ALARM


def test_a_percentile_of_few_values_changes_nothing_if_the_alarm_says_so() -> None:
    slow = {"Statistic": None, "ExtendedStatistic": "p99", "EvaluationPeriods": 1}
    few = _mine([500.0] * 3)
    assert _state(few, **slow) == ALARM
    assert _state(few, **slow, EvaluateLowSampleCountPercentile="ignore") is None
    assert _state(_mine([500.0] * 1001), **slow, EvaluateLowSampleCountPercentile="ignore") == ALARM


def _query(name: str, metric: str, **more: Any) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "App", "MetricName": metric, "Dimensions": []}, "Period": 60, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False} | more


def _rate(expression: str) -> dict[str, Any]:
    queries = [_query("errors", "Errors"), _query("requests", "Requests"), {"Id": "rate", "Expression": expression}]
    math: dict[str, Any] = {"Metrics": queries, "MetricName": None, "Namespace": None, "Statistic": None}
    return math | {"Threshold": 0.1, "Dimensions": []}


def test_metric_math() -> None:
    published = _Published(
        ("App", "Errors", {}, [[5], [], [5], [5], [5]]), ("App", "Requests", {}, [[10], [10], [10], [10], [10]])
    )
    assert _state(published, **_rate("errors / requests")) == ALARM
    assert _state(published, **_rate("FILL(errors, 0) / requests"), EvaluationPeriods=4) == OK, "1 of 4 is no error"
    assert _state(published, **_rate("errors / requests / 10")) == OK


def test_what_is_not_evaluated_here_says_so_and_keeps_its_state() -> None:
    for changes, reason in (
        ({"Statistic": None, "ExtendedStatistic": "tm90"}, "does not make the statistic tm90"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "no anomaly detection"),
        (_rate("SEARCH(errors, requests)"), "The function SEARCH is not computed here"),
    ):
        found = verdict(ALARM_ON_MINE | {"StateValue": "OK"} | changes, _Published(), NOW)
        assert found is not None
        assert (found.state, reason in found.reason) == ("OK", True)
