import pytest

from slipway.operations.golden.latency import Latency


def test_percentiles_of_a_hundred_and_one_requests() -> None:
    latency = Latency(milliseconds=[float(number) for number in range(101)])
    assert latency.p50_ms == 50
    assert latency.p99_ms == pytest.approx(99)


def test_one_slow_request_among_few_shows() -> None:
    assert Latency(milliseconds=[10.0] * 19 + [500.0]).p99_ms > 400


def test_a_single_request_is_every_percentile() -> None:
    latency = Latency(milliseconds=[7.0])
    assert latency.p50_ms == latency.p99_ms == 7
