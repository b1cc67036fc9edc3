"""Evaluates every alarm of the embedded CloudWatch, again and again, as CloudWatch does whether values come or not."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from slipway.emulator import vendor
from slipway.emulator.alarms.metrics import verdict
from slipway.emulator.alarms.statistics import Datapoint

_log = logging.getLogger("slipway.alarms")

_SECONDS: Final = 1.0


class PublishedMetrics:
    """What was published to the embedded CloudWatch."""

    def has(self, namespace: str, metric: str) -> bool:
        """Whether anything was ever published of this name."""
        return vendor.has_metric(namespace, metric)

    def samples(
        self, namespace: str, metric: str, dimensions: Mapping[str, str], *, since: float, until: float
    ) -> Sequence[Datapoint]:
        """What was published from one time on, and before another."""
        return list(_samples(namespace, metric, dimensions, since, until))


class AlarmClock:
    """Evaluates every alarm once a second."""

    def __init__(self) -> None:
        """Take the evaluation of alarms over; nothing is evaluated before `start`."""
        published = PublishedMetrics()

        def decide(alarm: Mapping[str, Any], now: float) -> tuple[str, str] | None:
            found = verdict(alarm, published, now)
            return None if found is None else (found.state, found.reason)

        self._evaluate_all: Callable[[], None] = vendor.evaluate_alarms(decide)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the event loop that runs."""
        self._task = asyncio.create_task(self._run(), name="alarms")

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            try:
                self._evaluate_all()
            except Exception:  # noqa: BLE001  one odd alarm must not end the evaluation of all others
                _log.exception("the alarms could not be evaluated")


def _samples(
    namespace: str, metric: str, dimensions: Mapping[str, str], since: float, until: float
) -> Iterator[Datapoint]:
    for at, value, count, lowest, highest in vendor.published(namespace, metric, dimensions, since=since, until=until):
        if count:
            yield Datapoint(at, value, count, lowest, highest)
