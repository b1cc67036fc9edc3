"""Other work on the machine: how much there is, and waiting for less of it."""

import time
from typing import Final

import psutil

#: Processors that other work may use in a window that counts as undisturbed.
QUIET: Final = 0.2
_PROBE_S: Final = 0.5


def busy_s() -> float:
    """Seconds of processor time that all processes of the machine used so far, all processors together."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + getattr(times, "irq", 0) + getattr(times, "softirq", 0))


class Patience:
    """So many seconds in all to wait for quiet moments."""

    def __init__(self, seconds: float) -> None:
        self._left_s = seconds

    def wait(self) -> None:
        """Return when other work uses little, or the patience is used up. Our own processes must be idle."""
        while self._left_s > 0:
            began, busy = time.monotonic(), busy_s()
            time.sleep(_PROBE_S)
            passed = time.monotonic() - began
            self._left_s -= passed
            if (busy_s() - busy) / passed <= QUIET:
                return
