"""How a new version takes over from the old one.

Bounds: CloudFormation's BlueGreenUpdatePolicy and RollingUpdatePolicy of AWS::SageMaker::Endpoint, read 2026-11.
"""

import math
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from inference_constructs.config.models.base import ConfigModel, RuleError

_MINUTE_S = 60
_SHORTEST_TIMEOUT_S, LONGEST_TIMEOUT_S = 600, 28_800
#: Time for a fleet to start unless it is given more: instances, image, model. SageMaker counts it against the timeout.
_START_S = 1800
_SHORTEST_BAKE_MINUTES = 5


class Strategy(StrEnum):
    """How traffic goes over."""

    ALL_AT_ONCE = "all_at_once"
    """A new fleet beside the old one, then all traffic at once."""

    CANARY = "canary"
    """A new fleet beside the old one, first a small share of the traffic, then the rest."""

    LINEAR = "linear"
    """A new fleet beside the old one, the traffic in equal steps."""

    ROLLING = "rolling"
    """Batch by batch within nearly the same capacity: for instances that are scarce."""


class Rollout(ConfigModel):
    """How a new version takes over, and how long each step is watched."""

    #: Which keys each strategy has besides those that all share.
    KEYS: ClassVar[dict[Strategy, str | None]] = {
        Strategy.ALL_AT_ONCE: None,
        Strategy.CANARY: "canary_percent",
        Strategy.LINEAR: "step_percent",
        Strategy.ROLLING: "batch_percent",
    }

    strategy: Annotated[Strategy, Field(strict=False)] = Field(
        default=Strategy.ALL_AT_ONCE, description="all_at_once, canary, linear or rolling"
    )
    canary_percent: Annotated[int, Field(ge=1, le=50)] | None = Field(
        default=None, description="canary: share of the capacity that gets traffic first, 1 to 50; 10 unless given"
    )
    step_percent: Annotated[int, Field(ge=10, le=50)] | None = Field(
        default=None, description="linear: share of the capacity in each step, 10 to 50; 20 unless given"
    )
    batch_percent: Annotated[int, Field(ge=5, le=50)] | None = Field(
        default=None, description="rolling: share of the capacity in each batch, 5 to 50; 25 unless given"
    )
    bake_minutes: Annotated[int, Field(ge=0, le=60)] = Field(
        default=5, description="minutes to watch the alarms after each step, 5 to 60; from 0 with all_at_once"
    )
    keep_old_minutes: Annotated[int, Field(ge=0, le=60)] = Field(
        default=0, description="minutes to keep the old fleet after the last step, up to 60; not for rolling"
    )

    @property
    def percent(self) -> int | None:
        """Size of a step in percent of the capacity, None where there are none."""
        match self.strategy:
            case Strategy.CANARY:
                return self.canary_percent or 10
            case Strategy.LINEAR:
                return self.step_percent or 20
            case Strategy.ROLLING:
                return self.batch_percent or 25
            case Strategy.ALL_AT_ONCE:
                return None

    @property
    def bake_s(self) -> int:
        """Seconds to watch after each step."""
        return self.bake_minutes * _MINUTE_S

    @property
    def keep_old_s(self) -> int:
        """Seconds to keep the old fleet."""
        return self.keep_old_minutes * _MINUTE_S

    @property
    def steps(self) -> int:
        """How often traffic moves."""
        match self.strategy:
            case Strategy.ALL_AT_ONCE:
                return 1
            case Strategy.CANARY:
                return 2
            case Strategy.LINEAR | Strategy.ROLLING:
                return math.ceil(100 / (self.percent or 100))

    def traffic_percent(self, step: int) -> int:
        """Share of the traffic that the new version has after a number of steps, in percent.

        Args:
            step: From 0, before the first, to `steps`, after the last.
        """
        return 100 if step >= self.steps else step * (self.percent or 100)

    def timeout_s(self, start_s: int = _START_S) -> int:
        """Seconds after which SageMaker gives up: all the waiting, and the time to start what is new.

        A rolling update starts instances in every batch.

        Args:
            start_s: The longest that an instance may take to start.
        """
        starts = self.steps if self.strategy is Strategy.ROLLING else 1
        return max(_SHORTEST_TIMEOUT_S, self.steps * self.bake_s + self.keep_old_s + starts * start_s)

    @model_validator(mode="after")
    def _keys_fit_the_strategy(self) -> Self:
        own = self.KEYS[self.strategy]
        for key in filter(None, self.KEYS.values()):
            value = getattr(self, key)
            if value is not None and key != own:
                accepted = f"no {key} with the strategy {self.strategy.value}" + (f", but {own}" if own else "")
                raise RuleError(key, value, accepted=accepted)
        if self.strategy is Strategy.ROLLING and self.keep_old_minutes:
            accepted = "0 with the strategy rolling, which has no old fleet to keep"
            raise RuleError("keep_old_minutes", self.keep_old_minutes, accepted=accepted)
        if self.strategy is not Strategy.ALL_AT_ONCE and self.bake_minutes < _SHORTEST_BAKE_MINUTES:
            accepted = f"{_SHORTEST_BAKE_MINUTES} or more: the alarms look at 3 minutes, and metrics come late"
            raise RuleError("bake_minutes", self.bake_minutes, accepted=accepted)
        if self.timeout_s() > LONGEST_TIMEOUT_S:
            minutes = self.timeout_s() // _MINUTE_S
            accepted = f"fewer minutes: {self.steps} steps may take 8 hours in all, this could take {minutes} min"
            raise RuleError("bake_minutes", self.bake_minutes, accepted=accepted)
        return self
