"""The metrics that load balancers publish, sent to CloudWatch in the background, a batch a second."""

import dataclasses
import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from slipway.emulator.data_plane.metrics import MetricsClient

_log = logging.getLogger("slipway.metrics")

NAMESPACE: Final = "AWS/ApplicationELB"
_FLUSH_SECONDS: Final = 1.0
_DATA_PER_CALL: Final = 100
_VALUES_PER_DATUM: Final = 150  # CloudWatch's limit
_CLASSES: Final = (2, 3, 4, 5)

Dimensions = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Exchange:
    """What one request is remembered by.

    Attributes:
        load_balancer: The load balancer's full name.
        target_group: The target group's ARN, None if the request came to none.
        target_status: What the target answered, None if it did not.
        target_seconds: How long it took to.
        own_status: What the load balancer answered in its stead.
    """

    load_balancer: str
    target_group: str | None
    target_status: int | None = None
    target_seconds: float = 0.0
    own_status: int | None = None

    @property
    def dimensions(self) -> tuple[Dimensions, ...]:
        """What its metrics are published under: the load balancer, and the target group behind it."""
        alone = (("LoadBalancer", self.load_balancer),)
        return (alone, _both(self.target_group, self.load_balancer)) if self.target_group else (alone,)

    def measures(self) -> Iterable[tuple[str, str, float]]:
        """Name, unit and value of each metric. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html."""
        if self.target_status is not None:
            yield "RequestCount", "Count", 1.0
            yield "TargetResponseTime", "Seconds", round(self.target_seconds, 6)
            if self.target_status // 100 in _CLASSES:
                yield f"HTTPCode_Target_{self.target_status // 100}XX_Count", "Count", 1.0
        if self.own_status is not None and self.own_status >= 500:  # noqa: PLR2004  server errors
            yield "HTTPCode_ELB_5XX_Count", "Count", 1.0
            yield f"HTTPCode_ELB_{self.own_status}_Count", "Count", 1.0


@dataclasses.dataclass(frozen=True)
class Census:
    """How many targets of a group are well at one moment."""

    load_balancer: str
    target_group: str
    healthy: int
    unhealthy: int


class TrafficMetrics:
    """Collects exchanges, and publishes them as load balancers name and measure them."""

    def __init__(self, cloudwatch: MetricsClient, census: Callable[[], list[Census]]) -> None:
        self._cloudwatch = cloudwatch
        self._census = census
        self._pending: list[Exchange] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load-balancer-metrics", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """End publishing; what was not sent yet is dropped."""
        self._stopping.set()

    def add(self, exchange: Exchange) -> None:
        """Remember one exchange; returns at once."""
        with self._lock:
            self._pending.append(exchange)

    def _run(self) -> None:
        while not self._stopping.wait(_FLUSH_SECONDS):
            with self._lock:
                batch, self._pending = self._pending, []
            data = [*metric_data(batch), *census_data(self._census())]
            try:
                for start in range(0, len(data), _DATA_PER_CALL):
                    part = data[start : start + _DATA_PER_CALL]
                    self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=part)
            except (BotoCoreError, ClientError):
                _log.exception("%d requests are missing in the metrics", len(batch))


def metric_data(batch: Iterable[Exchange]) -> list[dict[str, Any]]:
    """The `MetricData` of `PutMetricData` for a batch of exchanges."""
    values: dict[tuple[str, str, Dimensions], Counter[float]] = defaultdict(Counter)
    for exchange in batch:
        for dimensions in exchange.dimensions:
            for name, unit, value in exchange.measures():
                values[name, unit, dimensions][value] += 1
    data = []
    for (name, unit, dimensions), counter in values.items():
        items = sorted(counter.items())
        for start in range(0, len(items), _VALUES_PER_DATUM):
            part = items[start : start + _VALUES_PER_DATUM]
            counts = {"Values": [value for value, _ in part], "Counts": [float(count) for _, count in part]}
            data.append({"MetricName": name, "Unit": unit, "Dimensions": _named(dimensions)} | counts)
    return data


def census_data(census: Iterable[Census]) -> list[dict[str, Any]]:
    """The `MetricData` of how many targets are well."""
    return [
        {"MetricName": name, "Unit": "Count", "Value": float(value), "Dimensions": _named(dimensions)}
        for found in census
        for dimensions in (_both(found.target_group, found.load_balancer),)
        for name, value in (("HealthyHostCount", found.healthy), ("UnHealthyHostCount", found.unhealthy))
    ]


def _both(target_group: str, load_balancer: str) -> Dimensions:
    return (("TargetGroup", target_group.rpartition(":")[2]), ("LoadBalancer", load_balancer))


def _named(dimensions: Dimensions) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions]
