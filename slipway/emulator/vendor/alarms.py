"""Which alarms ministack evaluates."""

from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from slipway.emulator.vendor.compatibility import Expectation, parameters

#: Dimensions of the metrics of an endpoint configuration, and of a variant behind a load balancer.
_OF_ONE_FLEET = frozenset({"EndpointConfigName", "TargetGroup"})


def leave_rollback_alarms_to_us() -> None:
    """Have ministack keep its hands off the alarms on one fleet, and forget nothing of any alarm.

    It evaluates an alarm on all values of its metric, whatever their dimensions, so that it would find the errors of
    the new fleet lost among the answers of the old one, or take a fleet back for what another service did. And it drops
    what a template says of too few samples.
    """
    evaluate, record = cloudwatch._evaluate_alarm, provisioners._cw_metric_alarm_record  # noqa: SLF001
    few_samples = "EvaluateLowSampleCountPercentile"

    def evaluate_others(alarm: dict[str, Any]) -> None:
        if not any(dimension["Name"] in _OF_ONE_FLEET for dimension in alarm.get("Dimensions", [])):
            evaluate(alarm)

    def complete_record(name: str, props: dict[str, Any]) -> dict[str, Any]:
        # Nothing evaluates an expression here; without the name of a metric, ministack lets the alarm be.
        named = {"MetricName": "expression", "Namespace": "expression"} if props.get("Metrics") else {}
        found: dict[str, Any] = record(
            name, {part: value for part, value in props.items() if part != "Metrics"} | named
        )
        found |= dict.fromkeys(named, "")
        return found | ({few_samples: props[few_samples]} if few_samples in props else {})

    cloudwatch._evaluate_alarm = evaluate_others  # noqa: SLF001
    provisioners._cw_metric_alarm_record = complete_record  # noqa: SLF001


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    return [
        (
            "ministack cloudwatch._evaluate_alarm(alarm)",
            parameters(getattr(cloudwatch, "_evaluate_alarm", None)) == ["alarm"],
        ),
        (
            "ministack provisioners._cw_metric_alarm_record(name, props)",
            parameters(getattr(provisioners, "_cw_metric_alarm_record", None)) == ["name", "props"],
        ),
    ]
