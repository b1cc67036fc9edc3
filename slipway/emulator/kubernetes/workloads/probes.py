"""Probes by HTTP: whether a container has started, is ready, and is alive."""

import time
from typing import Any, Final

import aiohttp

from slipway.emulator.common.workspace import HOST

_LONGEST_PERIOD: Final = 0.25
_OK: Final = range(200, 400)


class Probe:
    """One probe of one container.

    It asks more often than it is told to, so that a rehearsal is fast; how long it takes to give up is as it is told.
    """

    def __init__(self, declared: dict[str, Any] | None, port: int) -> None:
        self._declared = declared or {}
        self._url = f"http://{HOST}:{port}{self._declared.get('httpGet', {}).get('path', '/')}"
        self._failing_since: float | None = None

    @property
    def is_declared(self) -> bool:
        """Whether there is such a probe; without one, a container that runs is taken for well."""
        return "httpGet" in self._declared

    @property
    def period(self) -> float:
        """Seconds between two questions."""
        return min(float(self._declared.get("periodSeconds", 10)), _LONGEST_PERIOD)

    async def succeeds(self, session: aiohttp.ClientSession) -> bool:
        """Ask once."""
        timeout = aiohttp.ClientTimeout(total=float(self._declared.get("timeoutSeconds", 1)))
        try:
            async with session.get(self._url, timeout=timeout) as reply:
                well = reply.status in _OK
        except (aiohttp.ClientError, TimeoutError):
            well = False
        self._failing_since = None if well else self._failing_since or time.monotonic()
        return well

    @property
    def has_failed(self) -> bool:
        """Whether it has failed for as long as its threshold and period come to."""
        limit = float(self._declared.get("failureThreshold", 3)) * float(self._declared.get("periodSeconds", 10))
        return self._failing_since is not None and time.monotonic() - self._failing_since >= limit
