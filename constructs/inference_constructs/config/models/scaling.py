"""How many instances a variant runs on, and what makes it more or fewer."""

import difflib
import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from inference_constructs.config.models.aws.cron import CronError, check_cron
from inference_constructs.config.models.aws.time_zones import time_zones
from inference_constructs.config.models.base import ConfigModel, Items, RuleError

Instances = Annotated[int, Field(ge=1, le=1000)]
Cooldown = Annotated[int, Field(ge=0, le=3600)]

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class ScalingMetric(StrEnum):
    """What the number of instances follows."""

    CONCURRENT_REQUESTS = "concurrent_requests"
    """Requests in flight per instance, measured every 10 s. Follows load that is uneven in length."""

    INVOCATIONS_PER_INSTANCE = "invocations_per_instance"
    """Requests per instance and minute, measured every minute."""

    CPU_UTILIZATION = "cpu_utilization"
    """CPU of an instance in percent of all its vCPUs, 0 to 100, measured every minute."""

    GPU_UTILIZATION = "gpu_utilization"
    """GPU of an instance in percent of all its GPUs, 0 to 100, measured every minute."""


_IN_PERCENT = frozenset({ScalingMetric.CPU_UTILIZATION, ScalingMetric.GPU_UTILIZATION})
_ALL = 100
_MOST_STEPS = 20  # of a policy (Application Auto Scaling User Guide, "Quotas")


class ScalingTarget(ConfigModel):
    """A metric and the value per instance to hold."""

    metric: Annotated[ScalingMetric, Field(strict=False)] = Field(
        default=ScalingMetric.CONCURRENT_REQUESTS,
        description="what to follow: concurrent_requests, invocations_per_instance, cpu_utilization or gpu_utilization",
    )
    target: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="value per instance to hold: requests at once, requests per minute, or percent"
    )
    max_rps: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="invocations_per_instance, instead of target: most requests per second that one instance can take",
    )
    safety_factor: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.5, description="share of max_rps to load an instance with, above 0 to 1; SageMaker's advice is 0.5"
    )

    @property
    def value(self) -> float | None:
        """The value to hold, in the metric's unit; None if none is given.

        From a load test: most requests per second x safety factor x 60 (SageMaker Developer Guide, "Load testing your
        auto scaling configuration").
        """
        return self.target if self.max_rps is None else self.max_rps * self.safety_factor * 60

    @model_validator(mode="after")
    def _value_fits_the_metric(self) -> Self:
        if self.max_rps is not None:
            if self.metric is not ScalingMetric.INVOCATIONS_PER_INSTANCE:
                raise RuleError("max_rps", self.max_rps, accepted="a target; max_rps is for invocations_per_instance")
            if self.target is not None:
                raise RuleError("target", self.target, accepted="exactly one of target and max_rps")
        if self.metric in _IN_PERCENT and self.target is not None and not 1 <= self.target <= _ALL:
            accepted = "percent of the instance, from 1 to 100: 70 holds 70 %, and 0.7 would hold less than one"
            raise RuleError("target", self.target, accepted=accepted)
        return self


class Step(ConfigModel):
    """How many instances to add at once where target tracking would be slow."""

    above: Annotated[float, Field(gt=0)] = Field(description="value of the metric per instance from which to add")
    add: Instances = Field(description="instances to add")


class Steps(ConfigModel):
    """Step scaling on top of target tracking: larger jumps for larger bursts. Only adds; target tracking removes."""

    metric: Annotated[ScalingMetric, Field(strict=False)] = Field(
        default=ScalingMetric.CONCURRENT_REQUESTS,
        description="what to watch, each minute: concurrent_requests, cpu_utilization or gpu_utilization",
    )
    steps: Items[Step] = Field(description="by rising `above`: [{above: 12, add: 2}, {above: 20, add: 6}]")

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        if self.metric is ScalingMetric.INVOCATIONS_PER_INSTANCE:
            raise RuleError(
                "metric", self.metric.value, accepted="concurrent_requests, cpu_utilization or gpu_utilization"
            )
        bounds = [step.above for step in self.steps]
        if not bounds or bounds != sorted(set(bounds)):
            raise RuleError("steps", bounds, accepted="at least one step, each `above` greater than the one before")
        if len(bounds) > _MOST_STEPS:
            raise RuleError("steps", f"{len(bounds)} steps", accepted=f"up to {_MOST_STEPS} steps of a policy")
        if self.metric in _IN_PERCENT and bounds[-1] >= _ALL:
            accepted = "less than 100, since no instance is loaded with more than 100 percent"
            raise RuleError("steps", bounds[-1], accepted=accepted)
        return self


class Schedule(ConfigModel):
    """Other bounds from a time on, until another schedule changes them."""

    name: str = Field(description="1 to 40 lower-case letters, digits and hyphens")
    cron: str = Field(description='when, in six fields: "0 8 ? * MON-FRI *"')
    time_zone: str = Field(default="UTC", description="an IANA time zone such as Europe/Berlin")
    min: Instances = Field(description="fewest instances from then on")
    max: Instances = Field(description="most instances from then on")

    @model_validator(mode="after")
    def _time_and_bounds(self) -> Self:
        if not _NAME.fullmatch(self.name):
            raise RuleError("name", self.name, accepted="1 to 40 lower-case letters, digits and hyphens")
        try:
            check_cron(self.cron)
        except CronError as error:
            raise RuleError("cron", self.cron, accepted=str(error)) from None
        if self.time_zone not in time_zones():
            close = difflib.get_close_matches(self.time_zone, time_zones(), n=1)
            hint = f" (did you mean `{close[0]}`?)" if close else ""
            accepted = f"the canonical name of an IANA time zone, such as Europe/Berlin{hint}"
            raise RuleError("time_zone", self.time_zone, accepted=accepted)
        if self.min > self.max:
            raise RuleError("min", self.min, accepted=f"a whole number from 1 to max, which is {self.max}")
        return self


class Scaling(ScalingTarget):
    """Bounds for the number of instances, and what moves it between them.

    `min` equal to `max` is a fixed number of instances without automatic scaling. One metric is set in place
    (`metric` and `target`), several under `targets`; the one that asks for most instances wins.
    """

    min: Instances = Field(default=2, description="fewest instances, from 1")
    max: Instances = Field(default=2, description="most instances, from min")
    targets: Items[ScalingTarget] = Field(default=(), description="several metrics: [{metric: …, target: …}, …]")
    steps: Steps | None = Field(
        default=None, description="larger jumps for bursts: {metric: …, steps: [{above:, add:}]}"
    )
    schedules: Items[Schedule] = Field(default=(), description="other bounds at certain times")
    scale_out_cooldown_s: Cooldown = Field(
        default=30, description="seconds after adding instances before more are added, up to 3600"
    )
    scale_in_cooldown_s: Cooldown = Field(
        default=600, description="seconds after removing instances before more are removed, up to 3600"
    )
    suspended: bool = Field(
        default=False,
        description="true takes the variant out of automatic scaling, so that its instance type may change;"
        " deploy this first, then the change, then remove it",
    )

    @property
    def automatic(self) -> bool:
        """Whether the number of instances may change by itself."""
        return self.min < self.max

    @property
    def registered(self) -> bool:
        """Whether the variant is registered for automatic scaling now."""
        return self.automatic and not self.suspended

    @property
    def tracked(self) -> tuple[ScalingTarget, ...]:
        """Every metric to hold."""
        if self.targets or self.value is None:
            return self.targets
        own = {key: getattr(self, key) for key in ScalingTarget.model_fields}
        return (ScalingTarget(**own),)

    @model_validator(mode="after")
    def _bounds_and_targets_fit(self) -> Self:
        if self.min > self.max:
            raise RuleError("min", self.min, accepted=f"a whole number from 1 to max, which is {self.max}")
        if self.targets and self.value is not None:
            raise RuleError("target", self.value, accepted="exactly one of target (or max_rps) and targets")
        if self.automatic and not self.tracked:
            metric = self.metric.value
            raise RuleError("target", None, accepted=f"a number above 0, the {metric} per instance to hold")
        for target in self.targets:
            if target.value is None:
                accepted = f"a number above 0, the {target.metric.value} per instance to hold"
                raise RuleError("targets", target.metric.value, accepted=accepted)
        self._check_once("targets", [target.metric.value for target in self.targets])
        self._check_once("schedules", [schedule.name for schedule in self.schedules])
        if not self.automatic and (self.steps or self.schedules):
            key = "steps" if self.steps else "schedules"
            raise RuleError(key, f"with min = max = {self.min}", accepted=f"{key} only where min is below max")
        self._check_steps_add_to_targets()
        self._check_schedules_agree()
        return self

    def _check_steps_add_to_targets(self) -> None:
        """A step at or below what tracking holds adds instances under normal load, each minute, up to the most."""
        if self.steps is None:
            return
        held = [each.value for each in self.tracked if each.metric is self.steps.metric and each.value is not None]
        least = self.steps.steps[0].above
        if held and least <= held[0]:
            accepted = f"more than {held[0]:g}, the {self.steps.metric.value} per instance that target tracking holds"
            raise RuleError("steps.steps", least, accepted=accepted)

    def _check_schedules_agree(self) -> None:
        """Of two schedules at one time either may come last."""
        known: dict[tuple[str, str], Schedule] = {}
        for schedule in self.schedules:
            other = known.setdefault((schedule.cron.upper(), schedule.time_zone), schedule)
            if (other.min, other.max) != (schedule.min, schedule.max):
                accepted = f"another time than {other.name} has, or the same bounds: which one comes last is by chance"
                raise RuleError("schedules", schedule.name, accepted=accepted)

    def _check_once(self, key: str, names: list[str]) -> None:
        if len(set(names)) != len(names):
            raise RuleError(key, names, accepted="each one once")
