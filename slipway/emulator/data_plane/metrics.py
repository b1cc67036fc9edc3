"""The metrics SageMaker publishes per invocation, sent to CloudWatch in the background, a batch a second."""

import contextlib
import dataclasses
import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

_log = logging.getLogger("slipway.metrics")

NAMESPACE: Final = "AWS/SageMaker"
_FLUSH_SECONDS: Final = 1.0
_VALUES_PER_DATUM: Final = 150  # CloudWatch's limit
_DATA_PER_CALL: Final = 100
_SUCCESS, _REDIRECT, _CLIENT_ERROR, _SERVER_ERROR = 200, 300, 400, 500
MEASURED: Final = frozenset(
    {
        "Invocations",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "OverheadLatency",
    }
)

Dimensions = tuple[tuple[str, str], ...]


class MetricsClient(Protocol):
    """The one call of boto3's CloudWatch client that is needed here."""

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> object: ...  # noqa: N803, D102


@dataclasses.dataclass(frozen=True)
class Invocation:
    """What one request is remembered by.

    Attributes:
        endpoint: The endpoint's name.
        variant: The variant that answered.
        config_name: The endpoint configuration of that variant.
        status: What the container answered; 0 if it did not.
        model_seconds: How long the container took.
        overhead_seconds: What was spent around it.
    """

    endpoint: str
    variant: str
    config_name: str
    status: int
    model_seconds: float
    overhead_seconds: float

    @property
    def dimensions(self) -> tuple[Dimensions, Dimensions]:
        """What its metrics are published under: the endpoint's variant, and with the endpoint configuration."""
        variant = (("EndpointName", self.endpoint), ("VariantName", self.variant))
        return variant, (*variant, ("EndpointConfigName", self.config_name))

    @property
    def measures(self) -> dict[str, tuple[str, float]]:
        """Unit and value of each metric in `MEASURED`."""
        # Whatever is no 2XX is a model error, a redirect too; only it is neither of the client nor of the server.
        is_fine = _SUCCESS <= self.status < _REDIRECT
        client_error = _CLIENT_ERROR <= self.status < _SERVER_ERROR
        server_error = self.status == 0 or self.status >= _SERVER_ERROR
        return {
            "Invocations": ("None", 1.0),
            "Invocation4XXErrors": ("None", float(client_error)),
            "Invocation5XXErrors": ("None", float(server_error)),
            "InvocationModelErrors": ("None", float(not is_fine)),
            "ModelLatency": ("Microseconds", round(self.model_seconds * 1e6)),
            "OverheadLatency": ("Microseconds", round(self.overhead_seconds * 1e6)),
        }


class InvocationWatch:
    """The invocations of one endpoint since the watch began.

    Attributes:
        endpoint: The endpoint's name.
        seen: Each with the seconds from the beginning to its end.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.seen: list[tuple[float, Invocation]] = []
        self._began = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def add(self, invocation: Invocation) -> None:
        """Take an invocation that has just ended, if it is of this endpoint."""
        if invocation.endpoint == self.endpoint:
            self.seen.append((self.age, invocation))


class InvocationMetrics:
    """Collects invocations, and publishes them as SageMaker names and measures them.

    Latencies are in microseconds. Every invocation counts into `Invocation4XXErrors` and `Invocation5XXErrors` with 0
    or 1, so that their average is a rate. Each metric is there twice: for the endpoint's variant, and with the
    endpoint configuration as a further dimension, which is what a rollback alarm watches.
    """

    def __init__(self, cloudwatch: MetricsClient) -> None:
        self._cloudwatch = cloudwatch
        self._pending: list[Invocation] = []
        self._watches: tuple[InvocationWatch, ...] = ()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """End publishing; what was not sent yet is dropped."""
        self._stopping.set()

    def add(self, invocation: Invocation) -> None:
        """Remember one invocation; returns at once."""
        with self._lock:
            self._pending.append(invocation)
            for watch in self._watches:
                watch.add(invocation)

    @contextlib.contextmanager
    def watch(self, endpoint: str) -> Iterator[InvocationWatch]:
        """See every invocation of an endpoint at once, while the block runs."""
        watch = InvocationWatch(endpoint)
        with self._lock:
            self._watches = (*self._watches, watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches = tuple(other for other in self._watches if other is not watch)

    def _run(self) -> None:
        while not self._stopping.wait(_FLUSH_SECONDS):
            with self._lock:
                batch, self._pending = self._pending, []
            data = metric_data(batch)
            try:
                for start in range(0, len(data), _DATA_PER_CALL):
                    self._cloudwatch.put_metric_data(
                        Namespace=NAMESPACE, MetricData=data[start : start + _DATA_PER_CALL]
                    )
            except (BotoCoreError, ClientError):
                _log.exception("%d invocations are missing in the metrics", len(batch))


def metric_data(batch: list[Invocation]) -> list[dict[str, Any]]:
    """The `MetricData` of `PutMetricData` for a batch of invocations."""
    values: dict[tuple[str, str, Dimensions], Counter[float]] = defaultdict(Counter)
    for invocation in batch:
        measures = invocation.measures
        for dimensions in invocation.dimensions:
            for name, (unit, value) in measures.items():
                values[name, unit, dimensions][value] += 1
    return [
        {
            "MetricName": name,
            "Unit": unit,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions],
            "Values": [value for value, _ in part],
            "Counts": [float(count) for _, count in part],
        }
        for (name, unit, dimensions), counter in values.items()
        for part in _parts(sorted(counter.items()))
    ]


def _parts(items: list[tuple[float, int]]) -> list[list[tuple[float, int]]]:
    return [items[start : start + _VALUES_PER_DATUM] for start in range(0, len(items), _VALUES_PER_DATUM)]
