import os
from typing import Any

from slipway.emulator.data_plane.utilization import Utilization


class _CloudWatch:
    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> object:  # noqa: N803  boto3's spelling
        raise AssertionError((Namespace, MetricData))


def _busy() -> None:
    sum(number * number for number in range(2_000_000))


def test_a_busy_process_is_measured_in_percent_from_its_second_sample_on() -> None:
    utilization = Utilization(_CloudWatch(), lambda: [("triage", "main", os.getpid())])
    assert utilization.sample() == []
    _busy()
    cpu, memory = utilization.sample()
    assert (cpu["MetricName"], memory["MetricName"]) == ("CPUUtilization", "MemoryUtilization")
    assert 5 < cpu["Value"] <= 100 * (os.cpu_count() or 1)
    assert 0 < memory["Value"] < 100
    assert cpu["Dimensions"] == [
        {"Name": "EndpointName", "Value": "triage"},
        {"Name": "VariantName", "Value": "main"},
    ]


def test_a_process_that_has_ended_has_no_sample() -> None:
    assert Utilization(_CloudWatch(), lambda: [("triage", "main", 2**22)]).sample() == []
