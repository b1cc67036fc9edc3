"""Metric math: what an alarm's expression makes of series of datapoints.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import dataclasses
import math
import operator
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Number = float | None
Series = tuple[Number, ...]

_TOKEN: Final = re.compile(
    r"\s*(?:(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)|([A-Za-z]\w*)|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))"
)
_OPERATORS: Final[tuple[dict[str, Callable[[float, float], float]], ...]] = (
    {"OR": lambda a, b: float(bool(a) or bool(b)), "||": lambda a, b: float(bool(a) or bool(b))},
    {"AND": lambda a, b: float(bool(a) and bool(b)), "&&": lambda a, b: float(bool(a) and bool(b))},
    {
        "==": lambda a, b: float(a == b),
        "!=": lambda a, b: float(a != b),
        "<": lambda a, b: float(a < b),
        "<=": lambda a, b: float(a <= b),
        ">": lambda a, b: float(a > b),
        ">=": lambda a, b: float(a >= b),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": lambda a, b: a / b if b else math.nan},
    {"^": lambda a, b: a**b},
)
_OF_SEVERAL: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "AVG": statistics.fmean,
    "MAX": max,
    "MIN": min,
    "SUM": math.fsum,
    "STDDEV": statistics.pstdev,
}
_OF_EACH: Final[dict[str, Callable[[float], float]]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": lambda value: math.log(value) if value > 0 else math.nan,
    "LOG10": lambda value: math.log10(value) if value > 0 else math.nan,
}
_OF_SERIES: Final = frozenset({"DIFF", "FILL", "IF", "RATE", "RUNNING_SUM", "TIME_SERIES", "METRICS", "PERIOD"})
#: What CloudWatch knows and nothing here computes.
_ELSEWHERE: Final = frozenset(
    {
        *("ANOMALY_DETECTION_BAND", "DATAPOINT_COUNT", "DAY", "DB_PERF_INSIGHTS", "DIFF_TIME", "EPOCH", "FIRST"),
        *("HOUR", "INSIGHT_RULE_METRIC", "LAMBDA", "LAST", "LOG_INSIGHTS", "METRIC_COUNT", "MINUTE", "MONTH"),
        *("REMOVE_EMPTY", "SEARCH", "SELECT", "SERVICE_QUOTA", "SLICE", "SORT", "DATE", "YEAR"),
    }
)
_REPEAT: Final = "REPEAT"
_NEGATED: Final = len(_OPERATORS) - 1


class ExpressionError(ValueError):
    """An expression that CloudWatch refuses; the text says what of it."""


class UnsupportedError(ExpressionError):
    """An expression that CloudWatch takes and that is not computed here."""


@dataclasses.dataclass(frozen=True)
class _Node:
    """A number, an id, or something done with what is in it."""

    kind: str
    value: Any = None
    parts: tuple["_Node", ...] = ()


@dataclasses.dataclass(frozen=True)
class Expression:
    """A parsed expression."""

    root: _Node

    @property
    def ids(self) -> frozenset[str]:
        """The ids that it refers to."""
        return frozenset(_ids(self.root))

    def value(self, series: Mapping[str, Series], *, length: int, period: float) -> Series:
        """The series that it makes of others.

        Args:
            series: Those it may refer to, by id; all of the same length.
            length: That length.
            period: Seconds from one datapoint to the next.
        """
        found = _spread(_value(self.root, series, length, period), length)
        return tuple(None if value is None or math.isnan(value) else float(value) for value in found)


def parse(text: str) -> Expression:
    """Read an expression.

    Raises:
        ExpressionError: It is none.
        UnsupportedError: It has a function that is not computed here.
    """
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(f"Error in expression {text!r}: unexpected {text[at:].strip()[:1]!r}")
        tokens.append(found[found.lastindex or 0])
        at = found.end()
    reader = _Reader(text, tokens)
    root = reader.operation(0)
    reader.expect(None)
    return Expression(root)


class _Reader:
    def __init__(self, text: str, tokens: Sequence[str]) -> None:
        self._text = text
        self._tokens = [*tokens, None]
        self._at = 0

    def expect(self, token: str | None) -> None:
        if self._tokens[self._at] != token:
            raise self._unexpected()
        self._at += 1

    def operation(self, level: int) -> _Node:
        if level == len(_OPERATORS):
            return self._operand()
        left = self.operation(level + 1)
        while (token := self._tokens[self._at]) in _OPERATORS[level]:
            self._at += 1
            left = _Node("operation", _OPERATORS[level][str(token)], (left, self.operation(level + 1)))
        return left

    def _operand(self) -> _Node:
        token = self._tokens[self._at]
        self._at += 1
        match token:
            case None:
                self._at -= 1
                raise self._unexpected()
            case "-":
                return _Node("operation", operator.sub, (_Node("number", 0.0), self.operation(_NEGATED)))
            case "(":
                inside = self.operation(0)
                self.expect(")")
                return inside
            case "[":
                return _Node("list", None, self._list("]"))
            case _ if token[0].isdigit():
                return _Node("number", float(token))
            case _ if token[0].isalpha():
                return self._named(token)
        self._at -= 1
        raise self._unexpected()

    def _named(self, name: str) -> _Node:
        if self._tokens[self._at] != "(":
            if name == "LINEAR":
                raise UnsupportedError("FILL with LINEAR is not computed here.")
            if name[0].islower() or name == _REPEAT:
                return _Node("id", name)
            raise ExpressionError(f"Error in expression {self._text!r}: {name} is no id, which begins in lower case")
        self._at += 1
        if name in _ELSEWHERE:
            raise UnsupportedError(f"The function {name} is not computed here.")
        if name not in {*_OF_SEVERAL, *_OF_EACH, *_OF_SERIES}:
            raise ExpressionError(f"Error in expression {self._text!r}: {name} is no function")
        return _Node("call", name, self._list(")"))

    def _list(self, end: str) -> tuple[_Node, ...]:
        parts: list[_Node] = []
        while self._tokens[self._at] != end:
            parts.append(self.operation(0))
            if self._tokens[self._at] != end:
                self.expect(",")
        self._at += 1
        return tuple(parts)

    def _unexpected(self) -> ExpressionError:
        found = self._tokens[self._at]
        return ExpressionError(f"Error in expression {self._text!r}: unexpected {found or 'end'!r}")


def _ids(node: _Node) -> set[str]:
    if node.kind == "id":
        return {node.value} - {_REPEAT}
    return {name for part in node.parts for name in _ids(part)}


def _spread(value: Any, length: int) -> Series:
    return value if isinstance(value, tuple) else (value,) * length


def _value(node: _Node, series: Mapping[str, Series], length: int, period: float) -> Any:  # noqa: PLR0911  one for each kind
    """A number, a series, or a list of series."""
    match node.kind, node.value:
        case "number", number:
            return number
        case "id", name:
            return series.get(name, (None,) * length)
        case "call", "FILL":
            what, by = node.parts
            filled = _spread(_value(what, series, length, period), length)
            if by == _Node("id", _REPEAT):
                return _repeated(filled)
            other = _spread(_value(by, series, length, period), length)
            return tuple(b if a is None else a for a, b in zip(filled, other, strict=True))
        case "call", "METRICS":
            return list(series.values())
    parts = [_value(part, series, length, period) for part in node.parts]
    if node.kind == "operation" and any(isinstance(part, tuple) for part in parts):
        return _each(node.value, *(_spread(part, length) for part in parts))
    if node.kind == "operation":
        return node.value(*parts)
    return parts if node.kind == "list" else _called(node.value, parts, length, period)


def _called(name: str, parts: list[Any], length: int, period: float) -> Any:
    if name in _OF_SEVERAL:
        return _of_several(_OF_SEVERAL[name], parts[0], length)
    test, *ways = (_spread(part, length) for part in parts)
    if name in _OF_EACH:
        return _each(_OF_EACH[name], test)
    differences = (None, *_each(operator.sub, test[1:], test[:-1]))
    match name:
        case "IF":
            yes, otherwise = (*ways, (None,) * length)[:2]
            decided = zip(test, yes, otherwise, strict=True)
            found = tuple(None if t is None else (a if t else b) for t, a, b in decided)
        case "RUNNING_SUM":
            found = tuple(math.fsum(v for v in test[: at + 1] if v is not None) for at in range(length))
        case "DIFF":
            found = differences
        case "RATE":
            found = tuple(None if difference is None else difference / period for difference in differences)
        case "PERIOD":
            found = (period,) * length
        case _:
            found = test
    return found


def _of_several(function: Callable[[Sequence[float]], float], of: Any, length: int) -> Any:
    """Of several series the series of each period; of one series its only value."""
    if isinstance(of, list):
        columns = zip(*(_spread(part, length) for part in of), strict=True)
        found = [[value for value in column if value is not None] for column in columns]
        return tuple(function(column) if column else None for column in found)
    values = [value for value in _spread(of, length) if value is not None]
    return function(values) if values else (None,) * length


def _each(function: Callable[..., float], *series: Series) -> Series:
    """A period is empty if it is empty in one of the series, or if there is no such number."""
    found = []
    for values in zip(*series, strict=True):
        value = math.nan if None in values else function(*values)
        found.append(None if isinstance(value, complex) or math.isnan(value) else value)
    return tuple(found)


def _repeated(series: Series) -> Series:
    found: list[Number] = []
    for value in series:
        found.append(value if value is not None or not found else found[-1])
    return tuple(found)
