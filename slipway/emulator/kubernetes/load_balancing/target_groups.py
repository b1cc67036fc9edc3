"""Target groups: which pods a load balancer may send requests to, and how late it takes note of them."""

import asyncio
import dataclasses
import time
from collections.abc import Iterable
from typing import Any, Final

import aiohttp

from slipway.emulator.common.workspace import HOST
from slipway.emulator.kubernetes.api.clock import Clock

#: How long it takes until a pod that has become ready is registered and asked for the first time, and until a pod that
#: has begun to end gets no more requests. AWS promises neither; of the latter, reports from clusters in use say that
#: 15 s of preStop were too few for some and 25 s enough, so that this is what preStop has to bridge.
REGISTRATION_SECONDS: Final = 5.0
DEREGISTRATION_SECONDS: Final = 15.0
_LONGEST_CHECK_PERIOD: Final = 0.25
_DEFAULTS: Final = {"HealthCheckPath": "/", "HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2}
_DEFAULT_INTERVAL: Final = 30
_DEFAULT_TIMEOUT: Final = 5


@dataclasses.dataclass(eq=False)
class TargetHealth:
    """A registered pod.

    Attributes:
        port: Where it answers on this machine.
        pod: Its name.
        state: `initial`, `healthy`, `unhealthy` or `draining`, as `DescribeTargetHealth` says it.
        in_flight: How many requests it is answering.
    """

    port: int
    pod: str
    state: str = "initial"
    in_flight: int = 0

    @property
    def reason(self) -> tuple[str, str]:
        """The code and the sentence for a state other than healthy."""
        return {
            "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
            "unhealthy": ("Target.FailedHealthChecks", "Health checks failed"),
            "draining": ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
        }.get(self.state, ("", ""))


class TargetGroup:
    """One target group, as it was deployed."""

    def __init__(self, arn: str, properties: dict[str, Any], clock: Clock) -> None:
        self.arn = arn
        self.properties = properties
        self.targets: list[TargetHealth] = []
        self._clock = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._turn = 0

    @property
    def attributes(self) -> dict[str, str]:
        """Its attributes, such as the deregistration delay."""
        return {entry["Key"]: str(entry["Value"]) for entry in self.properties.get("TargetGroupAttributes", [])}

    def choose(self) -> TargetHealth | None:
        """The target for the next request: those that are healthy in turn, or the least busy; None if there is none.

        If none is healthy, all that are registered are asked, as the real one does (it fails open).
        """
        registered = [target for target in self.targets if target.state != "draining"]
        candidates = [target for target in registered if target.state == "healthy"] or registered
        if not candidates:
            return None
        self._turn += 1
        turned = candidates[self._turn % len(candidates) :] + candidates[: self._turn % len(candidates)]
        if self.attributes.get("load_balancing.algorithm.type") == "least_outstanding_requests":
            return min(turned, key=lambda target: target.in_flight)
        return turned[0]

    def want(self, pods: Iterable[tuple[str, int]], session: aiohttp.ClientSession) -> None:
        """Bring what is registered to these pods, by name and port; both ways take their time."""
        wanted = {port: name for name, port in pods}
        for port, name in wanted.items():
            if port not in self._tasks:
                self._tasks[port] = asyncio.create_task(self._take_in(TargetHealth(port, name), session))
        for port in [port for port in self._tasks if port not in wanted]:
            task = self._tasks.pop(port)
            asyncio.create_task(self._let_go(port, task), name=f"let-go-{port}")  # noqa: RUF006  it ends by itself

    def state_of(self, port: int) -> str:
        """The state of a target, `unused` if it is none."""
        return next((target.state for target in self.targets if target.port == port), "unused")

    def close(self) -> None:
        """Stop looking after the targets."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self.targets.clear()

    async def _take_in(self, target: TargetHealth, session: aiohttp.ClientSession) -> None:
        """Register a target, and ask it for its health from then on."""
        await self._clock.sleep(REGISTRATION_SECONDS)
        self.targets.append(target)
        good = bad = 0
        while True:
            if await self._is_well(target, session):
                good, bad = good + 1, 0
            else:
                good, bad = 0, bad + 1
            if good >= self._number("HealthyThresholdCount") and target.state != "draining":
                target.state = "healthy"
            elif bad >= self._number("UnhealthyThresholdCount") and target.state != "draining":
                target.state = "unhealthy"
            interval = float(self.properties.get("HealthCheckIntervalSeconds", _DEFAULT_INTERVAL))
            await asyncio.sleep(min(self._clock.seconds(interval), _LONGEST_CHECK_PERIOD))

    async def _let_go(self, port: int, task: asyncio.Task[None]) -> None:
        """Stop sending requests to a target after a while, and forget it when it has answered those it has."""
        await self._clock.sleep(DEREGISTRATION_SECONDS)
        task.cancel()
        found = next((target for target in self.targets if target.port == port), None)
        if found is None:
            return
        found.state = "draining"
        delay = float(self.attributes.get("deregistration_delay.timeout_seconds", 300))
        deadline = time.monotonic() + delay
        while found.in_flight and time.monotonic() < deadline:  # noqa: ASYNC110  it is a count, no event
            await asyncio.sleep(_LONGEST_CHECK_PERIOD)
        if found in self.targets:
            self.targets.remove(found)

    async def _is_well(self, target: TargetHealth, session: aiohttp.ClientSession) -> bool:
        url = f"http://{HOST}:{target.port}{self.properties.get('HealthCheckPath', '/')}"
        seconds = float(self.properties.get("HealthCheckTimeoutSeconds", _DEFAULT_TIMEOUT))
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=seconds)) as reply:
                return _matches(self.properties.get("Matcher", {}).get("HttpCode", "200"), reply.status)
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _number(self, name: str) -> int:
        return int(self.properties.get(name, _DEFAULTS[name]))


def _matches(wanted: str, status: int) -> bool:
    """Whether a status is one of `200,202` or `200-299`."""
    for part in str(wanted).split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False
