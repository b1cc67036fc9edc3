from typing import Any

from slipway.emulator.data_plane.metrics import Invocation, metric_data


def _invocation(status: int = 200, model_seconds: float = 0.002) -> Invocation:
    return Invocation("triage", "main", "config-1", status, model_seconds, 0.0005)


def _values(data: list[dict[str, Any]], metric: str, dimensions: int = 2) -> dict[float, float]:
    return {
        value: count
        for datum in data
        if datum["MetricName"] == metric and len(datum["Dimensions"]) == dimensions
        for value, count in zip(datum["Values"], datum["Counts"], strict=True)
    }


def test_latencies_are_in_microseconds() -> None:
    data = metric_data([_invocation()])
    assert _values(data, "ModelLatency") == {2000: 1}
    assert _values(data, "OverheadLatency") == {500: 1}
    assert {d["Unit"] for d in data if d["MetricName"].endswith("Latency")} == {"Microseconds"}


def test_the_average_of_an_error_metric_is_a_rate() -> None:
    data = metric_data([_invocation(), _invocation(), _invocation(500), _invocation(400)])
    assert _values(data, "Invocations") == {1: 4}
    assert _values(data, "Invocation5XXErrors") == {0: 3, 1: 1}
    assert _values(data, "Invocation4XXErrors") == {0: 3, 1: 1}


def test_a_container_that_did_not_answer_counts_as_a_server_error() -> None:
    assert _values(metric_data([_invocation(0)]), "Invocation5XXErrors") == {1: 1}


def test_every_metric_is_there_by_variant_and_by_configuration_too() -> None:
    data = metric_data([_invocation()])
    by_variant = [{"Name": "EndpointName", "Value": "triage"}, {"Name": "VariantName", "Value": "main"}]
    by_config = [*by_variant, {"Name": "EndpointConfigName", "Value": "config-1"}]
    for metric in {datum["MetricName"] for datum in data}:
        assert [d["Dimensions"] for d in data if d["MetricName"] == metric] == [by_variant, by_config]


def test_many_different_values_are_split_as_cloudwatch_wants_them() -> None:
    data = metric_data([_invocation(model_seconds=number / 1000) for number in range(1, 401)])
    latencies = [d for d in data if d["MetricName"] == "ModelLatency" and len(d["Dimensions"]) == 2]
    assert [len(datum["Values"]) for datum in latencies] == [150, 150, 100]
