"""What the server counts, in Prometheus' text format: requests in flight, answered, and how long they took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

# The format that every scraper reads, also those that take what they asked for without looking at the version.
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
# From a small model's answer to one that most load balancers' callers no longer wait for.
_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# Present from the start, since a counter that first appears with the value 1 shows no increase.
_EXPECTED_STATUSES = (HTTPStatus.OK, HTTPStatus.INTERNAL_SERVER_ERROR)

# They would double the counters' series, and nobody reads them in this format.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's own omission


@dataclass(slots=True)
class Outcome:
    """How a request is going.

    Attributes:
        status: The HTTP status of its answer, once known. What ends without one was a fault of the server.
        seconds: How long it took, once it ended.
    """

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    seconds: float = 0.0


class Metrics:
    """The counts of one server. Their names are what autoscalers, alarms and dashboards ask for, so they stay."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._in_flight = Gauge(
            "inference_requests_in_flight",
            "Requests received and not yet answered, those included that wait for a thread.",
            registry=self._registry,
        )
        requests = Counter(
            "inference_requests", "Requests answered, by HTTP status.", ["code"], registry=self._registry
        )
        self._requests = requests
        self._answered = {int(status): requests.labels(str(int(status))) for status in _EXPECTED_STATUSES}
        self._duration = Histogram(
            "inference_request_duration_seconds",
            "Time from a request's head to its answer, refused ones included.",
            buckets=_BUCKETS_SECONDS,
            registry=self._registry,
        )

    @contextmanager
    def request(self, outcome: Outcome) -> Iterator[None]:
        """Count a request as in flight while the block runs and as answered when it ends, however it ends.

        Args:
            outcome: Where the block notes the status; how long it took is noted there at its end.
        """
        self._in_flight.inc()
        started = time.perf_counter()
        try:
            yield
        finally:
            outcome.seconds = time.perf_counter() - started
            self._in_flight.dec()
            self._duration.observe(outcome.seconds)
            self._of_status(outcome.status).inc()

    def _of_status(self, status: int) -> Counter:
        """Return a status's counter; looking it up in the library costs more than counting does."""
        counter = self._answered.get(status)
        if counter is None:
            counter = self._answered[status] = self._requests.labels(str(status))
        return counter

    def text(self) -> bytes:
        """Write all of it in the format of `CONTENT_TYPE`."""
        return generate_latest(self._registry)
