import pytest

from slipway.emulator.alarms.statistics import Datapoint, fewest_samples, is_known, value_of

TEN = [Datapoint(0, number) for number in range(1, 11)]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("Average", 5.5), ("Sum", 55), ("Minimum", 1), ("Maximum", 10), ("SampleCount", 10), ("p50", 5), ("p100", 10)],
)
def test_statistics_of_single_values(statistic: str, value: float) -> None:
    assert is_known(statistic)
    assert value_of(statistic, TEN) == value
    assert value_of(statistic, []) is None


@pytest.mark.parametrize(("percentile", "value"), [("p99", 500), ("p98", 1), ("p99.9", 500), ("p50", 1)])
def test_percentiles_count_each_value(percentile: str, value: float) -> None:
    assert value_of(percentile, [Datapoint(0, 500, count=2), Datapoint(0, 1, count=98)]) == value


def test_statistic_sets() -> None:
    sets = [Datapoint(0, 2, count=4, lowest=1, highest=3), Datapoint(0, 10)]
    assert [value_of(each, sets) for each in ("Minimum", "Maximum", "Sum", "Average")] == [1, 10, 18, 3.6]
    assert value_of("p90", sets) is None, "which values there were is not known"
    assert value_of("p90", [Datapoint(0, -1)]) is None


def test_what_is_no_statistic() -> None:
    assert not any(is_known(each) for each in ("p101", "p", "tm99", "average", ""))


def test_how_many_values_a_percentile_needs() -> None:
    assert fewest_samples("p99") == pytest.approx(1000)
    assert fewest_samples("p10") == pytest.approx(100)
    assert [fewest_samples("Average"), fewest_samples("p100")] == [0, 0]
