"""The alarms of a service on EKS, evaluated on what its load balancer measured, as CloudWatch does in minutes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_NAMESPACE: Final = "AWS/ApplicationELB"
_LATENCY, _ERRORS = "HighLatency", "ServerErrors"
#: Requests that an alarm needs before it tells anything.
_FEWEST: Final = 20
_SECONDS_BETWEEN_LOOKS: Final = 0.3


class EvaluatedAlarms:
    """Sets alarms to ALARM when what was measured since a moment is worse than their threshold."""

    def __init__(self, cloudwatch: Any, service: str) -> None:
        self._cloudwatch = cloudwatch
        self._service = service
        self._since = datetime.now(UTC)
        self._over = threading.Event()
        self.rang: set[str] = set()

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
            found = self._cloudwatch.describe_alarms()["MetricAlarms"]
            alarms = {alarm["AlarmName"]: alarm for alarm in found if f"/{self._service}/" in alarm["AlarmName"]}
            for name, latency in alarms.items():
                if f"/{_LATENCY}/" not in name:
                    continue
                errors = alarms[name.replace(_LATENCY, _ERRORS)]
                dimensions = [_full(each) for each in latency["Dimensions"]]  # those of the variant's target group
                requests = self._measured("RequestCount", "Sum", dimensions)
                if requests < _FEWEST:
                    continue
                if self._measured("HTTPCode_Target_5XX_Count", "Sum", dimensions) / requests > errors["Threshold"]:
                    self._ring(errors)
                if self._measured("TargetResponseTime", "Maximum", dimensions) > latency["Threshold"]:
                    self._ring(latency)

    def _ring(self, alarm: dict[str, Any]) -> None:
        if alarm["AlarmName"] not in self.rang:
            self.rang.add(alarm["AlarmName"])
            self._cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="Threshold Crossed: measured."
            )

    def _measured(self, metric: str, statistic: str, dimensions: list[dict[str, str]]) -> float:
        points = self._cloudwatch.get_metric_statistics(
            Namespace=_NAMESPACE,
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=self._since,
            EndTime=datetime.now(UTC) + timedelta(hours=1),
            Period=3600,
            Statistics=[statistic],
        )["Datapoints"]
        values = [float(point[statistic]) for point in points]
        return max(values, default=0) if statistic == "Maximum" else sum(values)


def _full(dimension: dict[str, str]) -> dict[str, str]:
    """With the name of a target group as load balancers publish it, of which ministack's attribute has the end."""
    value = dimension["Value"]
    is_end = dimension["Name"] == "TargetGroup" and not value.startswith("targetgroup/")
    return dimension | {"Value": f"targetgroup/{value}"} if is_end else dimension
