"""How long answers took, as their caller saw it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Latencies of several requests, measured by the caller: the network is part of them.

    Attributes:
        milliseconds: Each request's, at least one.
    """

    milliseconds: Sequence[float]

    @property
    def p50_ms(self) -> float:
        """What half of the requests took at most."""
        return statistics.median(self.milliseconds)

    @property
    def p99_ms(self) -> float:
        """What 99 of 100 requests took at most, interpolated between the slowest where there are fewer than 100."""
        if len(self.milliseconds) == 1:
            return self.milliseconds[0]
        return statistics.quantiles(self.milliseconds, n=100, method="inclusive")[98]
