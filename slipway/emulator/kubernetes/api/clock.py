"""How long a cluster's waits last here."""

import asyncio
import dataclasses
from typing import Final

_MINUTE: Final = 60.0


@dataclasses.dataclass(frozen=True)
class Clock:
    """Shortens the waits that are nothing but waits; deadlines of real work are left as they are.

    Attributes:
        minute_seconds: How many seconds a minute lasts; 60 as on AWS.
    """

    minute_seconds: float

    def seconds(self, real: float) -> float:
        """How long a wait of so many seconds lasts."""
        return real * self.minute_seconds / _MINUTE

    async def sleep(self, real: float) -> None:
        """Wait for so many seconds, shortened."""
        await asyncio.sleep(self.seconds(real))
