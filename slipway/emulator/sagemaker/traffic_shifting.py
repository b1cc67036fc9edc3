"""A rollout under way: traffic moves to the new fleet step by step, and back when an alarm rings."""

import dataclasses
import threading
import time
from typing import Final

from slipway.emulator import vendor
from slipway.emulator.data_plane.metrics import InvocationMetrics, InvocationWatch
from slipway.emulator.sagemaker.records import HostedEndpoint, Served
from slipway.emulator.sagemaker.rollback_alarms import AlarmsClient, WatchedAlarms
from slipway.emulator.sagemaker.rollout import TrafficPlan

#: How the failure reason of an endpoint begins that an alarm has rolled back.
ROLLED_BACK: Final = "The deployment was rolled back"

_MINUTE: Final = 60
_LOOKS_PER_MINUTE: Final = 4
_SHORTEST_PAUSE_SECONDS: Final = 0.05


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shifter:
    """Carries out rollouts.

    Attributes:
        cloudwatch: Where alarms are.
        metrics: What the model servers measure.
        minute_seconds: How many seconds a minute of waiting, and of an alarm's period, lasts.
        stopping: Set when the embedded AWS ends.
    """

    cloudwatch: AlarmsClient
    metrics: InvocationMetrics
    minute_seconds: float
    stopping: threading.Event

    def alarms(self, plan: TrafficPlan) -> WatchedAlarms:
        """The alarms of a plan."""
        return WatchedAlarms(self.cloudwatch, plan.alarms, self.minute_seconds)

    def shift(self, endpoint: HostedEndpoint, new: Served, plan: TrafficPlan) -> str | None:
        """Move an endpoint's traffic to a new fleet.

        When the last step is over, the new fleet has all the traffic and the old one is still there; when an alarm
        rings, the old one has it again.

        Returns:
            Why it was rolled back, None if it was not.
        """
        alarms = self.alarms(plan)
        with self.metrics.watch(endpoint.endpoint_name) as watch, vendor.hold_alarms(plan.alarms):
            for step in plan.steps:
                endpoint.share(new, step.percent / 100)
                reason = self._bake(step.wait_seconds, alarms, watch)
                if reason is not None:
                    endpoint.endpoint_status = "RollingBack"
                    endpoint.take_back()
                    return (
                        f"{ROLLED_BACK}: while {step.percent:g} % of the traffic went to "
                        f"{new.fleet.config_name}, {reason}"
                    )
        self.stopping.wait(self._real(plan.keep_old_seconds))
        return None

    def _bake(self, seconds: float, alarms: WatchedAlarms, watch: InvocationWatch) -> str | None:
        """Watch the alarms for so long; the reason if one rings."""
        deadline = time.monotonic() + self._real(seconds)
        pause = max(_SHORTEST_PAUSE_SECONDS, self.minute_seconds / _LOOKS_PER_MINUTE)
        while not self.stopping.is_set():
            ringing = alarms.ringing(watch) if seconds else []
            if ringing:
                return "; ".join(f"the alarm {alarm.name} was in ALARM. {alarm.reason}" for alarm in ringing)
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self.stopping.wait(min(pause, left))
        return None

    def _real(self, seconds: float) -> float:
        return seconds * self.minute_seconds / _MINUTE
