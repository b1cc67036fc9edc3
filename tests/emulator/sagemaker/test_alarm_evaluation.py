from typing import Any

import pytest

from slipway.emulator.sagemaker.alarm_evaluation import (
    ALARM,
    INSUFFICIENT_DATA,
    OK,
    AlarmCondition,
    Datapoint,
    evaluate,
)

DESCRIBED = {
    "ComparisonOperator": "GreaterThanThreshold",
    "DatapointsToAlarm": 2,
    "EvaluationPeriods": 3,
    "Period": 60,
    "Statistic": "Average",
    "Threshold": 0.0144,
    "TreatMissingData": "notBreaching",
}


def _condition(**changes: Any) -> AlarmCondition:
    found = AlarmCondition.of(DESCRIBED | changes)
    assert found is not None
    return found


def _state(condition: AlarmCondition, samples: list[Datapoint], age: float, minute_seconds: float = 60) -> str | None:
    verdict = evaluate(condition, samples, age=age, minute_seconds=minute_seconds)
    return verdict.state if verdict else None


def _minutes(*values: float | None) -> list[Datapoint]:
    """One sample in each minute that has one."""
    return [Datapoint(60 * number + 30, value) for number, value in enumerate(values) if value is not None]


def test_it_rings_when_enough_of_the_last_datapoints_breach_and_says_which() -> None:
    verdict = evaluate(_condition(), _minutes(0.5, 0, 1), age=180)
    assert verdict is not None
    assert verdict.state == ALARM
    assert "2 out of the last 3 datapoints [0.5, 1] were greater than the threshold (0.0144)" in verdict.reason
    assert _state(_condition(), _minutes(0.5, 0, 0), 180) == OK


def test_only_whole_periods_count_and_old_ones_are_forgotten() -> None:
    assert _state(_condition(), _minutes(1, 1), 59) is None
    assert _state(_condition(), _minutes(1, 1), 119) == OK
    assert _state(_condition(), _minutes(1, 1), 120) == ALARM
    assert _state(_condition(), _minutes(1, 1, 0, 0), 240) == OK


def test_minutes_can_be_shortened() -> None:
    samples = [Datapoint(0.5, 1), Datapoint(1.5, 1)]
    assert _state(_condition(), samples, 2.0, minute_seconds=1) == ALARM
    assert _state(_condition(), samples, 2.0) is None


@pytest.mark.parametrize(
    ("missing", "state"), [("notBreaching", OK), ("breaching", ALARM), ("missing", INSUFFICIENT_DATA), ("ignore", None)]
)
def test_no_data_is_what_the_alarm_says_it_is(missing: str, state: str | None) -> None:
    assert _state(_condition(TreatMissingData=missing), [], 180) == state


def test_a_period_without_data_can_breach_beside_one_that_does() -> None:
    assert _state(_condition(TreatMissingData="breaching"), _minutes(1, None, 0), 180) == ALARM
    assert _state(_condition(TreatMissingData="notBreaching"), _minutes(1, None, 0), 180) == OK


@pytest.mark.parametrize(
    ("statistic", "threshold", "state"),
    [("Maximum", 9, ALARM), ("Minimum", 1, OK), ("Sum", 54, ALARM), ("Sum", 55, OK), ("SampleCount", 9, ALARM)],
)
def test_statistics(statistic: str, threshold: float, state: str) -> None:
    samples = [Datapoint(number, number + 1) for number in range(10)]  # 1 … 10, whose sum is 55
    condition = _condition(Statistic=statistic, Threshold=threshold, EvaluationPeriods=1, DatapointsToAlarm=1)
    assert _state(condition, samples, 60) == state


def test_a_sum_is_stretched_to_the_whole_period() -> None:
    condition = _condition(Statistic="Sum", Threshold=119, EvaluationPeriods=1, DatapointsToAlarm=1)
    assert _state(condition, [Datapoint(0.1, 1), Datapoint(0.2, 1)], 1, minute_seconds=1) == ALARM


@pytest.mark.parametrize(("percentile", "state"), [("p99", ALARM), ("p98", OK), ("p50", OK)])
def test_percentiles(percentile: str, state: str) -> None:
    samples = [Datapoint(number / 10, 500 if number >= 98 else 1) for number in range(100)]
    condition = _condition(
        Statistic=None, ExtendedStatistic=percentile, Threshold=100, EvaluationPeriods=1, DatapointsToAlarm=1
    )
    assert _state(condition, samples, 60) == state


def test_a_percentile_of_too_few_values_changes_nothing_if_the_alarm_says_so() -> None:
    slow = {"Statistic": None, "ExtendedStatistic": "p99", "Threshold": 100, "EvaluationPeriods": 1}
    alarm = slow | {"DatapointsToAlarm": 1, "EvaluateLowSampleCountPercentile": "ignore"}
    assert _condition(**alarm).fewest_samples == pytest.approx(1000)
    few = [Datapoint(number / 100, 500) for number in range(16)]
    assert _state(_condition(**alarm), few * 62, 60) is None
    assert _state(_condition(**alarm), few * 63, 60) == ALARM
    # 1000 in a minute are 16.7 in a second.
    assert _state(_condition(**alarm), few, 1, minute_seconds=1) is None
    assert _state(_condition(**alarm), [*few, Datapoint(0.9, 500)], 1, minute_seconds=1) == ALARM
    assert _state(_condition(**slow, DatapointsToAlarm=1), few, 60) == ALARM


def test_what_is_not_known_here_is_left_to_cloudwatch() -> None:
    assert AlarmCondition.of(DESCRIBED | {"ComparisonOperator": "GreaterThanUpperThreshold"}) is None
    assert AlarmCondition.of(DESCRIBED | {"Statistic": None, "ExtendedStatistic": "tm99"}) is None
