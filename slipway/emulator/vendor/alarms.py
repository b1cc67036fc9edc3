"""Who evaluates alarms: not ministack, whose rule is not CloudWatch's."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from slipway.emulator.vendor.compatibility import Expectation, parameters

#: Dimensions of the metrics of an endpoint configuration, and of a variant behind a load balancer.
_OF_ONE_FLEET: Final = frozenset({"EndpointConfigName", "TargetGroup"})
#: What ministack forgets of an alarm.
_FORGOTTEN: Final = ("EvaluateLowSampleCountPercentile", "Metrics", "ThresholdMetricId")
#: Values are nearly in the order of their times: after so many that are too old, there are none that are not.
_OLD_IN_A_ROW: Final = 500
_held: Final[Counter[str]] = Counter()

#: The state of an alarm and the reason, None if both are to stay.
Verdict = Callable[[Mapping[str, Any], float], tuple[str, str] | None]


def evaluate_alarms(verdict: Verdict) -> Callable[[], None]:
    """Have alarms evaluated by a rule of ours, and everything kept that is said of one.

    The alarms on one fleet are left alone: whoever moves traffic to it evaluates them, in shortened minutes.

    Returns:
        What evaluates every alarm once. It belongs into the event loop that ministack runs in.
    """
    put, record = cloudwatch._put_metric_alarm, provisioners._cw_metric_alarm_record  # noqa: SLF001

    def evaluate(alarm: dict[str, Any]) -> None:
        if _OF_ONE_FLEET & _dimensions(alarm) or _held[alarm["AlarmName"]]:
            return
        found = verdict(alarm, time.time())
        if found is not None and found[0] != alarm["StateValue"]:
            change = {"AlarmName": alarm["AlarmName"], "StateValue": found[0], "StateReason": found[1]}
            cloudwatch._set_alarm_state({}, change, False, True)  # noqa: FBT003, SLF001  ministack's own order
        elif found is not None:
            alarm["StateReason"] = found[1]

    def evaluate_all() -> None:
        for alarm in list(cloudwatch._alarms.values()):  # noqa: SLF001
            evaluate(alarm)

    def put_all_of_it(params: Any, data: dict[str, Any], *protocol: bool) -> Any:
        answer = put(params, data, *protocol)
        found = cloudwatch._alarms.get(data.get("AlarmName", ""))  # noqa: SLF001
        if found is not None:
            found.update({part: data[part] for part in _FORGOTTEN if part in data})
        return answer

    def complete_record(name: str, props: dict[str, Any]) -> dict[str, Any]:
        # Without the name of a metric, ministack refuses the alarm.
        named = {"MetricName": "expression", "Namespace": "expression"} if props.get("Metrics") else {}
        found: dict[str, Any] = record(
            name, {part: value for part, value in props.items() if part != "Metrics"} | named
        )
        return found | dict.fromkeys(named, "") | {part: props[part] for part in _FORGOTTEN if part in props}

    cloudwatch._evaluate_alarm = lambda _: None  # noqa: SLF001  not before everything is known of it
    cloudwatch._evaluate_all_alarms = lambda: None  # noqa: SLF001  not with each value that is published
    cloudwatch._put_metric_alarm = put_all_of_it  # noqa: SLF001
    provisioners._cw_metric_alarm_record = complete_record  # noqa: SLF001
    return evaluate_all


def _dimensions(alarm: Mapping[str, Any]) -> set[str]:
    """The names of the dimensions of everything that an alarm looks at."""
    stats = [query["MetricStat"]["Metric"] for query in alarm.get("Metrics") or [] if query.get("MetricStat")]
    return {each["Name"] for metric in (alarm, *stats) for each in metric.get("Dimensions") or []}


@contextlib.contextmanager
def hold_alarms(names: Sequence[str]) -> Iterator[None]:
    """Leave these alarms to somebody else while the block runs."""
    _held.update(names)
    try:
        yield
    finally:
        _held.subtract(names)


def has_metric(namespace: str, metric: str) -> bool:
    """Whether a value of this name was ever published."""
    return any(key[:2] == (namespace, metric) for key in list(cloudwatch._metrics.keys()))  # noqa: SLF001


def published(
    namespace: str, metric: str, dimensions: Mapping[str, str], *, since: float, until: float
) -> Iterator[tuple[float, float, float, float | None, float | None]]:
    """What was published under exactly these dimensions: time, value, count, and of a set its minimum and maximum."""
    key = (namespace, metric, cloudwatch._dims_key(dict(dimensions)))  # noqa: SLF001
    old = 0
    for point in reversed(cloudwatch._metrics.get(key) or []):  # noqa: SLF001
        at = float(point["Timestamp"])
        if at < since:
            old += 1
            if old > _OLD_IN_A_ROW:
                return
        elif at < until:
            old = 0
            count, total, low, high = cloudwatch._point_stats(point)  # noqa: SLF001
            yield at, total / count if count else 0.0, count, low, high


def expectations() -> list[Expectation]:
    """What has to be where it is."""
    wanted = {
        "_evaluate_alarm": ["alarm"],
        "_evaluate_all_alarms": [],
        "_put_metric_alarm": ["params", "cbor_data", "is_cbor", "is_json"],
        "_set_alarm_state": ["params", "cbor_data", "is_cbor", "is_json"],
        "_dims_key": ["dims"],
        "_point_stats": ["pt"],
    }
    return [
        *(
            (f"ministack cloudwatch.{name}({', '.join(names)})", parameters(getattr(cloudwatch, name, None)) == names)
            for name, names in wanted.items()
        ),
        ("ministack cloudwatch._alarms, _metrics", hasattr(cloudwatch, "_alarms") and hasattr(cloudwatch, "_metrics")),
        (
            "ministack provisioners._cw_metric_alarm_record(name, props)",
            parameters(getattr(provisioners, "_cw_metric_alarm_record", None)) == ["name", "props"],
        ),
    ]
