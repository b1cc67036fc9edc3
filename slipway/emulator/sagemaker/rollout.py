"""What a `DeploymentConfig` asks for, as steps: how much of the traffic moves when, and for how long it is watched."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final

_ALL: Final = 100.0
_INSTANCES, _PERCENT = "INSTANCE_COUNT", "CAPACITY_PERCENT"


class PlanError(ValueError):
    """A deployment configuration that can not be carried out; the text says what of it."""


@dataclasses.dataclass(frozen=True)
class TrafficStep:
    """One move of traffic.

    Attributes:
        percent: The share of every variant's requests that the new fleet has from now on, 100 in the last step.
        wait_seconds: How long the alarms are watched before the next step, in the deployment configuration's seconds.
    """

    percent: float
    wait_seconds: float


@dataclasses.dataclass(frozen=True)
class TrafficPlan:
    """A whole rollout.

    Attributes:
        steps: Its moves of traffic, at least one.
        keep_old_seconds: How long the old fleet is kept after the last step.
        alarms: The names of the alarms that roll it back.
    """

    steps: tuple[TrafficStep, ...]
    keep_old_seconds: float = 0
    alarms: tuple[str, ...] = ()


def plan(deployment: Mapping[str, Any] | None, *, instances: int) -> TrafficPlan:
    """The plan of a deployment configuration.

    Without one SageMaker moves all traffic at once and watches nothing.

    Args:
        deployment: The `DeploymentConfig` of `UpdateEndpoint`.
        instances: How many instances the new fleet has, to which sizes in instances refer.

    Raises:
        PlanError: It names an unknown strategy, or a step without a size.
    """
    if not deployment:
        return TrafficPlan(steps=(TrafficStep(_ALL, 0),))
    alarms = (deployment.get("AutoRollbackConfiguration") or {}).get("Alarms") or []
    names = tuple(str(alarm["AlarmName"]) for alarm in alarms)
    if rolling := deployment.get("RollingUpdatePolicy"):
        sizes = _equal(_percent(rolling, "MaximumBatchSize", instances))
        return TrafficPlan(_steps(sizes, rolling.get("WaitIntervalInSeconds", 0)), alarms=names)
    blue_green = deployment.get("BlueGreenUpdatePolicy") or {}
    routing = blue_green.get("TrafficRoutingConfiguration") or {}
    return TrafficPlan(
        _steps(_traffic(routing, instances), routing.get("WaitIntervalInSeconds", 0)),
        keep_old_seconds=float(blue_green.get("TerminationWaitInSeconds", 0)),
        alarms=names,
    )


def _traffic(routing: Mapping[str, Any], instances: int) -> list[float]:
    match routing.get("Type", "ALL_AT_ONCE"):
        case "ALL_AT_ONCE":
            return [_ALL]
        case "CANARY":
            return [size, _ALL] if (size := _percent(routing, "CanarySize", instances)) < _ALL else [_ALL]
        case "LINEAR":
            return _equal(_percent(routing, "LinearStepSize", instances))
        case unknown:
            raise PlanError(f"The traffic routing type is {unknown!r}; ALL_AT_ONCE, CANARY and LINEAR are known.")


def _percent(policy: Mapping[str, Any], key: str, instances: int) -> float:
    """A size in percent of the capacity, whichever unit it is given in."""
    size = policy.get(key) or {}
    kind, value = size.get("Type"), float(size.get("Value", 0))
    if kind not in {_INSTANCES, _PERCENT} or value <= 0:
        raise PlanError(f"{key} is {size}; a Type of {_INSTANCES} or {_PERCENT} and a Value above 0 are needed.")
    return min(_ALL, value if kind == _PERCENT else _ALL * value / max(instances, 1))


def _equal(size: float) -> list[float]:
    """The traffic after each of equal steps; the last one is smaller where they do not add up to 100."""
    count = math.ceil(round(_ALL / size, 6))  # three steps of a third are three, whatever floating point makes of it
    return [*(size * number for number in range(1, count)), _ALL]


def _steps(percents: list[float], wait_seconds: float) -> tuple[TrafficStep, ...]:
    return tuple(TrafficStep(percent, float(wait_seconds)) for percent in percents)
