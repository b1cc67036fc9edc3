"""The datapoints of an alarm, made of what CloudWatch holds: by period, of exactly the dimensions that it names."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from slipway.emulator.alarms.evaluation import MINUTE, AlarmCondition, AlarmVerdict, evaluate
from slipway.emulator.alarms.expressions import Series, UnsupportedError, parse
from slipway.emulator.alarms.statistics import Datapoint, fewest_samples, is_known, value_of
from slipway.emulator.data_plane.metrics import MEASURED, NAMESPACE

_OF_AWS: Final = ("AWS/", "/aws/", "ContainerInsights")


class MetricSource(Protocol):
    """What was published."""

    def has(self, namespace: str, metric: str) -> bool:
        """Whether anything was ever published of this name."""

    def samples(
        self, namespace: str, metric: str, dimensions: Mapping[str, str], *, since: float, until: float
    ) -> Sequence[Datapoint]:
        """What was published from one time on, and before another."""


def verdict(alarm: Mapping[str, Any], metrics: MetricSource, now: float) -> AlarmVerdict | None:
    """The state of an alarm now; None if it is to stay what it is.

    Args:
        alarm: As `DescribeAlarms` describes it.
        metrics: What was published.
        now: Seconds since the epoch.
    """
    condition = AlarmCondition.of(alarm)
    if condition is None:
        return _as_it_is(alarm, "The embedded AWS evaluates no anomaly detection.")
    wanted = _metrics_of(alarm)
    unknown = sorted({stat["Stat"] for stat in wanted.values() if not is_known(stat["Stat"])})
    if unknown:
        return _as_it_is(alarm, f"The embedded AWS does not make the statistic {', '.join(unknown)}.")
    if not any(_is_measured_here(stat["Metric"], metrics) for stat in wanted.values()):
        return None
    period = max(int(stat["Period"]) for stat in wanted.values())
    end = math.floor(now / min(period, MINUTE)) * min(period, MINUTE)
    try:
        return _verdict(alarm, condition, wanted, _Window(end, period, condition.range, metrics))
    except UnsupportedError as error:
        return _as_it_is(alarm, f"{error} The embedded AWS leaves the alarm as it is.")


class _Window:
    """The periods of an evaluation range."""

    def __init__(self, end: float, period: float, length: int, metrics: MetricSource) -> None:
        self._end = end
        self.period = period
        self.length = length
        self._metrics = metrics

    def samples(self, stat: Mapping[str, Any]) -> list[list[Datapoint]]:
        """What was measured in each period, the newest last."""
        metric, begin = stat["Metric"], self._end - self.period * self.length
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}
        found: list[list[Datapoint]] = [[] for _ in range(self.length)]
        name = metric["Namespace"], metric["MetricName"]
        for sample in self._metrics.samples(*name, dimensions, since=begin, until=self._end):
            found[math.floor((sample.at - begin) / self.period)].append(sample)
        return found


def _verdict(
    alarm: Mapping[str, Any], condition: AlarmCondition, wanted: Mapping[str, Mapping[str, Any]], window: _Window
) -> AlarmVerdict | None:
    found = {name: window.samples(stat) for name, stat in wanted.items()}
    if alarm.get("EvaluateLowSampleCountPercentile") == "ignore":
        for name, stat in wanted.items():
            count = sum(sample.count for part in found[name][-condition.evaluation_periods :] for sample in part)
            if count and count < fewest_samples(stat["Stat"]):
                return None
    series: dict[str, Series] = {
        name: tuple(value_of(stat["Stat"], part) for part in found[name]) for name, stat in wanted.items()
    }
    return evaluate(condition, _returned(alarm, series, window))


def _returned(alarm: Mapping[str, Any], series: Mapping[str, Series], window: _Window) -> Series:
    """The series that the alarm compares with its threshold."""
    queries = {query["Id"]: query for query in alarm.get("Metrics") or []}
    if not queries:
        return next(iter(series.values()))
    known = dict(series)

    def of(name: str, asking: frozenset[str] = frozenset()) -> Series:
        if name not in known and name in queries and name not in asking:
            expression = parse(queries[name]["Expression"])
            parts = {part: of(part, asking | {name}) for part in expression.ids} or known
            known[name] = expression.value(parts, length=window.length, period=window.period)
        return known.get(name, (None,) * window.length)

    (returned,) = [name for name, query in queries.items() if query.get("ReturnData", True)]
    return of(returned)


def _metrics_of(alarm: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every metric that an alarm looks at, as a `MetricStat`, by the id that expressions name it by."""
    if alarm.get("Metrics"):
        return {query["Id"]: query["MetricStat"] for query in alarm["Metrics"] if query.get("MetricStat")}
    metric = {part: alarm.get(part) or [] for part in ("Namespace", "MetricName", "Dimensions")}
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or ""
    return {"": {"Metric": metric, "Stat": statistic, "Period": alarm.get("Period") or MINUTE}}


def _is_measured_here(metric: Mapping[str, Any], metrics: MetricSource) -> bool:
    """What AWS's services publish and nothing here does has no gaps: it says nothing."""
    namespace, name = metric["Namespace"], metric["MetricName"]
    is_ours = not namespace.startswith(_OF_AWS) or (namespace == NAMESPACE and name in MEASURED)
    return is_ours or metrics.has(namespace, name)


def _as_it_is(alarm: Mapping[str, Any], reason: str) -> AlarmVerdict:
    return AlarmVerdict(alarm["StateValue"], reason)
