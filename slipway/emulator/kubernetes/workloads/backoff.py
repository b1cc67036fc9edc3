"""How Kubernetes waits before it starts again what has crashed."""

from typing import Final

from slipway.emulator.kubernetes.api.clock import Clock

# https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy: 10 s, doubled up to 300 s, and
# forgotten after ten minutes without a crash.
_BACK_OFF_SECONDS: Final = 10.0
_LONGEST_BACK_OFF_SECONDS: Final = 300.0
_BACK_OFF_FORGOTTEN_SECONDS: Final = 600.0


class BackOff:
    """How long to wait before a container is started again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds = 0.0

    def ran(self, seconds: float) -> None:
        """Forget about earlier crashes of what has run for long."""
        if seconds >= self._clock.seconds(_BACK_OFF_FORGOTTEN_SECONDS):
            self._seconds = 0.0

    def next(self) -> float:
        """Seconds to wait, none the first time."""
        now = self._seconds
        self._seconds = min(max(2 * now, _BACK_OFF_SECONDS), _LONGEST_BACK_OFF_SECONDS)
        return self._clock.seconds(now)
