"""CloudWatch's own tables: User Guide, "Configuring how CloudWatch alarms treat missing data"."""

from typing import Any

import pytest

from slipway.emulator.alarms.evaluation import ALARM, INSUFFICIENT_DATA, OK, AlarmCondition, evaluate

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
#: The state in each treatment; None where the alarm keeps the state it has.
THREE_OF_THREE: dict[str, tuple[str | None, ...]] = {
    "0-X-X": (OK, OK, OK, OK),
    "0----": (OK, OK, OK, OK),
    "-----": (INSUFFICIENT_DATA, None, ALARM, OK),
    "0XX-X": (ALARM, ALARM, ALARM, ALARM),
    "--X--": (ALARM, None, ALARM, OK),
}
TWO_OF_THREE: dict[str, tuple[str | None, ...]] = {
    "0-X-X": (ALARM, ALARM, ALARM, ALARM),
    "00X0X": (ALARM, ALARM, ALARM, ALARM),
    "0-X--": (OK, OK, ALARM, OK),
    "----0": (OK, OK, ALARM, OK),
    "---X-": (ALARM, None, ALARM, OK),
}
DESCRIBED = {
    "ComparisonOperator": "GreaterThanThreshold",
    "DatapointsToAlarm": 2,
    "EvaluationPeriods": 3,
    "Threshold": 0.5,
    "TreatMissingData": "notBreaching",
}


def _condition(**changes: Any) -> AlarmCondition:
    found = AlarmCondition.of(DESCRIBED | changes)
    assert found is not None
    return found


def _state(drawn: str, **changes: Any) -> str | None:
    """The state for datapoints as the tables draw them, the newest on the right."""
    verdict = evaluate(_condition(**changes), [{"0": 0.0, "X": 1.0, "-": None}[point] for point in drawn])
    return verdict.state if verdict else None


@pytest.mark.parametrize(
    ("to_alarm", "drawn", "treatment", "state"),
    [
        (to_alarm, drawn, treatment, state)
        for to_alarm, rows in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
        for drawn, states in rows.items()
        for treatment, state in zip(TREATMENTS, states, strict=True)
    ],
)
def test_the_documented_tables(to_alarm: int, drawn: str, treatment: str, state: str | None) -> None:
    assert _state(drawn, DatapointsToAlarm=to_alarm, TreatMissingData=treatment) == state


@pytest.mark.parametrize("drawn", ["X--X-", "-X--X", "X---X"])
def test_a_bad_version_with_few_requests_rings(drawn: str) -> None:
    """Two minutes with errors and gaps between them, as a rollback alarm sees them: two measured, one filled."""
    assert _state(drawn) == ALARM


@pytest.mark.parametrize("drawn", ["----X", "---X-"])
def test_one_bad_datapoint_alone_does_not_ring_yet(drawn: str) -> None:
    assert _state(drawn, DatapointsToAlarm=3, TreatMissingData="missing") is None


@pytest.mark.parametrize(("drawn", "state"), [("X0000", OK), ("XX000", OK), ("XXX00", OK), ("000XX", ALARM)])
def test_what_is_older_than_needed_is_forgotten(drawn: str, state: str) -> None:
    assert _state(drawn) == state


def test_an_alarm_looks_back_over_more_periods_than_it_needs() -> None:
    assert _condition().range == 5


def test_it_says_which_datapoints_ring() -> None:
    verdict = evaluate(_condition(), [0, None, 0.75, 0, 1])
    assert verdict is not None
    assert "2 out of the last 3 datapoints [0.75, 1] were greater than the threshold (0.5)" in verdict.reason
    verdict = evaluate(_condition(TreatMissingData="breaching"), [None, None, None, None, 1])
    assert verdict is not None
    assert "3 out of the last 3 datapoints [1, no data, no data]" in verdict.reason


@pytest.mark.parametrize(
    ("comparison", "state"),
    [
        ("GreaterThanThreshold", OK),
        ("GreaterThanOrEqualToThreshold", ALARM),
        ("LessThanThreshold", OK),
        ("LessThanOrEqualToThreshold", ALARM),
    ],
)
def test_comparisons_at_the_threshold(comparison: str, state: str) -> None:
    condition = _condition(ComparisonOperator=comparison)
    verdict = evaluate(condition, [0.5] * 5)
    assert verdict is not None
    assert verdict.state == state
    assert condition.breached_by(0.6) is comparison.startswith("Greater")


def test_without_datapoints_to_alarm_all_have_to_breach() -> None:
    assert _condition(DatapointsToAlarm=None).datapoints_to_alarm == 3


def test_a_band_is_not_known_here() -> None:
    assert AlarmCondition.of(DESCRIBED | {"ComparisonOperator": "GreaterThanUpperThreshold"}) is None
