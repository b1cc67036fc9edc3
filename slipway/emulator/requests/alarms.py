"""What CloudWatch says of an alarm beyond its model."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from slipway.emulator.alarms.expressions import ExpressionError, UnsupportedError, parse
from slipway.emulator.requests.refusal import Refusal

_DAY: Final = 86_400
_HOUR, _WEEK, _MINUTE = 3600, 7 * _DAY, 60
_HIGH_RESOLUTION: Final = frozenset({10, 20, 30})
_TREATMENTS: Final = frozenset({"breaching", "notBreaching", "ignore", "missing"})
_LOW_SAMPLES: Final = frozenset({"evaluate", "ignore"})
_BANDS: Final = frozenset(
    {"GreaterThanUpperThreshold", "LessThanLowerThreshold", "LessThanLowerOrGreaterThanUpperThreshold"}
)
#: Amazon CloudWatch User Guide, "CloudWatch statistics definitions".
_STATISTIC: Final = re.compile(
    r"(p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,10})?|100(\.0{1,10})?)|(TM|WM|PR|TC|TS)\(.*:.*\)|IQM", re.DOTALL
)
_ACTION: Final = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")


def refusals(operation: str, wanted: Mapping[str, Any]) -> Iterator[Refusal]:
    """Why CloudWatch refuses an operation."""
    if operation == "PutMetricAlarm":
        yield from (Refusal("ValidationError", sentence) for sentence in _of_alarm(wanted))


def _of_alarm(wanted: Mapping[str, Any]) -> Iterator[str]:
    if (wanted.get("TreatMissingData") or "missing") not in _TREATMENTS:
        yield f"Value '{wanted['TreatMissingData']}' for parameter TreatMissingData is invalid: {sorted(_TREATMENTS)}"
    if (wanted.get("EvaluateLowSampleCountPercentile") or "evaluate") not in _LOW_SAMPLES:
        option = wanted["EvaluateLowSampleCountPercentile"]
        yield f"Option {option} for parameter EvaluateLowSampleCountPercentile is invalid"
    if wanted.get("Metrics"):
        yield from _of_queries(wanted)
    else:
        yield from _of_metric(wanted)
    band = wanted.get("ComparisonOperator") in _BANDS
    if not band and wanted.get("Threshold") is None:
        yield "Threshold must be specified for an alarm that is not based on an anomaly detection band"
    if band and not wanted.get("ThresholdMetricId"):
        yield "ThresholdMetricId must be specified with this comparison operator"
    periods = wanted.get("EvaluationPeriods") or 0
    if (wanted.get("DatapointsToAlarm") or 0) > periods:
        yield "Validation failed: DatapointsToAlarm must be less than or equal to EvaluationPeriods"
    for action in (*(wanted.get("AlarmActions") or ()), *(wanted.get("OKActions") or ())):
        if not _ACTION.fullmatch(action):
            yield f"Invalid arn syntax: {action}"


def _of_metric(wanted: Mapping[str, Any]) -> Iterator[str]:
    if not wanted.get("MetricName") or not wanted.get("Namespace"):
        yield "MetricName and Namespace, or Metrics, must be specified"
    plain, extended = wanted.get("Statistic"), wanted.get("ExtendedStatistic")
    if bool(plain) == bool(extended):
        yield "Exactly one of Statistic and ExtendedStatistic must be specified"
    if extended and not _STATISTIC.fullmatch(extended):
        yield f"The value {extended} for parameter ExtendedStatistic is not supported."
    yield from _of_period(wanted.get("Period"), wanted)


def _of_period(period: int | None, wanted: Mapping[str, Any]) -> Iterator[str]:
    if period is None or (period not in _HIGH_RESOLUTION and (period < _MINUTE or period % _MINUTE)):
        yield f"Period must be 10, 20, 30 or a multiple of 60, and is {period}"
        return
    longest = _WEEK if period >= _HOUR else _DAY
    if period * (wanted.get("EvaluationPeriods") or 0) > longest:
        yield (
            f"Metrics cannot be checked across more than {longest} seconds "
            f"(EvaluationPeriods * Period must be <= {longest})"
        )


def _of_queries(wanted: Mapping[str, Any]) -> Iterator[str]:
    queries = wanted["Metrics"]
    given = [part for part in ("MetricName", "Namespace", "Dimensions", "Period", "Statistic") if wanted.get(part)]
    if given:
        yield f"Metrics list must not be specified with {', '.join(given)}"
    ids = [query.get("Id") for query in queries]
    if len(set(ids)) != len(ids):
        yield f"Metrics list contains duplicate ids: {ids}"
    returned = [query for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1 and not wanted.get("ThresholdMetricId"):
        yield f"Exactly one element of the metrics list should return data; {len(returned)} do."
    for query in queries:
        if bool(query.get("Expression")) == bool(query.get("MetricStat")):
            yield f"The query {query.get('Id')} must have exactly one of Expression and MetricStat"
        elif query.get("Expression"):
            yield from _of_expression(query["Expression"], set(ids))
        else:
            stat = query["MetricStat"]
            if not (stat.get("Metric") or {}).get("MetricName") or not stat.get("Stat"):
                yield f"The query {query.get('Id')} must name a metric and a statistic"
            yield from _of_period(stat.get("Period"), wanted)


def _of_expression(text: str, ids: set[Any]) -> Iterator[str]:
    try:
        expression = parse(text)
    except UnsupportedError:
        return
    except ExpressionError as error:
        yield str(error)
        return
    unknown = sorted(expression.ids - ids)
    if unknown:
        yield f"Error in expression {text!r}: the id(s) {', '.join(unknown)} are not in the metrics list"
