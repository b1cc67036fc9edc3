"""The alarms of the embedded CloudWatch, over its API."""

import time
from typing import Any

from slipway.emulator.common.environment import client
from slipway.emulator.common.workspace import Workspace
from tests.emulator.support import eventually


def test_an_alarm_follows_its_own_metric(workspace: Workspace) -> None:
    cloudwatch = client("cloudwatch", workspace)
    queries: list[dict[str, Any]] = [
        {"Id": "twice", "Expression": "2 * errors", "Label": "Twice"},
        {
            "Id": "errors",
            "ReturnData": False,
            "MetricStat": {"Metric": {"Namespace": "Clock", "MetricName": "Errors"}, "Period": 60, "Stat": "Sum"},
        },
    ]
    common: dict[str, Any] = {"EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    alarms: dict[str, dict[str, Any]] = {
        "plain": {"Namespace": "Clock", "MetricName": "Errors", "Statistic": "Sum", "Period": 60},
        "other": {
            "Namespace": "Clock",
            "MetricName": "Errors",
            "Statistic": "Sum",
            "Period": 60,
            "Dimensions": [{"Name": "Zone", "Value": "a"}],
        },
        "doubled": {"Metrics": queries},
    }
    for name, what in alarms.items():
        cloudwatch.put_metric_alarm(AlarmName=f"clock-{name}", TreatMissingData="notBreaching", **what, **common)
    ago = {"MetricName": "Errors", "Value": 4.0, "Timestamp": time.time() - 70}
    cloudwatch.put_metric_data(Namespace="Clock", MetricData=[ago])

    def states() -> dict[str, str]:
        found = cloudwatch.describe_alarms(AlarmNamePrefix="clock-")["MetricAlarms"]
        return {alarm["AlarmName"].removeprefix("clock-"): alarm["StateValue"] for alarm in found}

    eventually(lambda: states() == {"plain": "OK", "other": "OK", "doubled": "ALARM"})
    (described,) = cloudwatch.describe_alarms(AlarmNames=["clock-doubled"])["MetricAlarms"]
    assert [query["Id"] for query in described["Metrics"]] == ["twice", "errors"]
    cloudwatch.delete_alarms(AlarmNames=[f"clock-{name}" for name in states()])
