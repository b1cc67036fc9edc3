"""What Application Auto Scaling says beyond its model."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import available_timezones

from slipway.emulator.requests.cron import cron_error
from slipway.emulator.requests.refusal import Refusal

_VALIDATION: Final = "ValidationException"
_AT: Final = re.compile(r"at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\)")
_RATE: Final = re.compile(r"rate\((?:1 (?:minute|hour|day)|[1-9]\d* (?:minutes|hours|days))\)")
_CRON: Final = re.compile(r"cron\((.*)\)")


def refusals(operation: str, wanted: Mapping[str, Any]) -> Iterator[Refusal]:
    """Why the service refuses an operation."""
    found: Iterator[str] = iter(())
    if operation == "PutScalingPolicy":
        found = _of_policy(wanted)
    elif operation == "PutScheduledAction":
        found = _of_schedule(wanted)
    elif operation == "RegisterScalableTarget":
        found = _of_capacity(wanted)
    yield from (Refusal(_VALIDATION, sentence) for sentence in found)


def _of_capacity(wanted: Mapping[str, Any]) -> Iterator[str]:
    low, high = wanted.get("MinCapacity"), wanted.get("MaxCapacity")
    for name, value in (("Minimum", low), ("Maximum", high)):
        if value is not None and value < 0:
            yield f"{name} capacity cannot be negative: {value}"
    if low is not None and high is not None and low > high:
        yield f"Maximum capacity cannot be less than minimum capacity: minimum {low}, maximum {high}"


def _of_policy(wanted: Mapping[str, Any]) -> Iterator[str]:
    if wanted.get("PolicyType", "StepScaling") != "TargetTrackingScaling":
        return
    tracking = wanted.get("TargetTrackingScalingPolicyConfiguration")
    if not tracking:
        yield "TargetTrackingScalingPolicyConfiguration must be specified for a policy of type TargetTrackingScaling"
        return
    predefined = tracking.get("PredefinedMetricSpecification")
    if bool(predefined) == bool(tracking.get("CustomizedMetricSpecification")):
        yield "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"
    metric = str((predefined or {}).get("PredefinedMetricType", ""))
    service = wanted.get("ServiceNamespace")
    if metric and service == "sagemaker" and not metric.startswith("SageMaker"):
        yield f"The metric type {metric} is not supported for the service namespace {service}"
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        if tracking.get(name, 0) < 0:
            yield f"{name} cannot be negative: {tracking[name]}"


def _of_schedule(wanted: Mapping[str, Any]) -> Iterator[str]:
    schedule = wanted.get("Schedule")
    if schedule is not None:
        cron = _CRON.fullmatch(schedule)
        wrong = cron_error(cron[1]) if cron else None
        if wrong or not (cron or _AT.fullmatch(schedule) or _RATE.fullmatch(schedule)):
            yield f"Schedule expression {schedule} is not valid: {wrong or 'at(…), rate(…) and cron(…) are'}"
    zone = wanted.get("Timezone")
    if zone is not None and zone not in available_timezones():
        yield f"Timezone {zone} is not valid"
    yield from _of_capacity(wanted.get("ScalableTargetAction") or {})
