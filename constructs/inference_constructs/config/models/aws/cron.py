"""What the six fields of AWS's cron expressions mean (EventBridge User Guide, "Cron expressions reference").

Fields are read into the values that they stand for, since a schedule may be well written and still never come: on
30 February, or in a year that is over.
"""

import calendar
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_MONTHS: Final = {
    name: at
    for at, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)
}
_DAYS: Final = {name: at for at, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
_OPEN: Final = "?"
_DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK, _YEAR = 2, 3, 4, 5
#: When this was written. Synthesis knows no clock, and what was over then is over now.
_WRITTEN_IN: Final = 2026
_LEAP_YEAR: Final = 2028


class CronError(ValueError):
    """Fields that AWS refuses, or that name no time to come."""


@dataclass(frozen=True, kw_only=True)
class _Field:
    """One of the six fields.

    Attributes:
        name: As AWS calls it.
        low: Its least value.
        high: Its greatest.
        names: Names that stand for values.
        last: What it may hold besides values, lists, ranges and increments.
    """

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)
    last: re.Pattern[str] | None = None

    @property
    def accepted(self) -> str:
        """The values as AWS's page has them."""
        named = list(self.names)
        return f"{self.low}-{self.high}" + (f" or {named[0]}-{named[-1]}" if named else "")


_FIELDS: Final = (
    _Field(name="minutes", low=0, high=59),
    _Field(name="hours", low=0, high=23),
    _Field(name="day of month", low=1, high=31, last=re.compile(r"L|LW|([1-9]|[12]\d|3[01])W")),
    _Field(name="month", low=1, high=12, names=_MONTHS),
    _Field(
        name="day of week",
        low=1,
        high=7,
        names=_DAYS,
        last=re.compile(rf"L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])"),
    ),
    _Field(name="year", low=1970, high=2199),
)


def check_cron(text: str) -> None:
    """Refuse what is no cron expression of AWS's, and what will never come.

    Args:
        text: Minutes, hours, day of month, month, day of week and year, one blank between them.

    Raises:
        CronError: It is none; what would be accepted, as the end of a sentence.
    """
    parts = text.split(" ")
    if len(parts) != len(_FIELDS) or not all(parts):
        raise CronError(
            'six fields: minutes, hours, day of month, month, day of week, year, such as "0 8 ? * MON-FRI *"'
        )
    if (parts[_DAY_OF_MONTH] == _OPEN) == (parts[_DAY_OF_WEEK] == _OPEN):
        raise CronError(
            f'{_OPEN} in either day of month or day of week, and not in both, such as "0 8 ? * MON-FRI *" or'
            ' "0 8 * * ? *"'
        )
    values = [_values(part, each) for part, each in zip(parts, _FIELDS, strict=True)]
    _check_it_comes(parts[_DAY_OF_MONTH], values)


def _values(text: str, kind: _Field) -> frozenset[int]:
    """The values that a field stands for; all of them for `?`, `L`, `W` and `#`, which depend on the month."""
    every = frozenset(range(kind.low, kind.high + 1))
    is_day = kind.last is not None
    if is_day and (text == _OPEN or (kind.last is not None and kind.last.fullmatch(text))):
        return every
    return frozenset(value for part in text.split(",") for value in _of_part(part, kind))


def _of_part(part: str, kind: _Field) -> Iterator[int]:
    written, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step)):
        raise CronError(f"{kind.name} of {kind.accepted}, and behind / how far apart; it has {part}")
    if written == "*":
        first, last = kind.low, kind.high
    else:
        begin, dash, end = written.partition("-")
        first = _number(begin, kind, part)
        last = _number(end, kind, part) if dash else kind.high if slash else first
    if first > last:
        if kind.low > 1:  # years, which do not come round
            raise CronError(f"{kind.name} from the earlier to the later one; it has {part}")
        last += kind.high - kind.low + 1
    size = kind.high - kind.low + 1
    for value in range(first, last + 1, int(step) if slash else 1):
        yield kind.low + (value - kind.low) % size


def _number(text: str, kind: _Field, part: str) -> int:
    value = kind.names.get(text.upper(), -1)
    if text.isascii() and text.isdigit():
        value = int(text)
    if not kind.low <= value <= kind.high:
        raise CronError(f"{kind.name} of {kind.accepted}; it has {part}")
    return value


def _check_it_comes(day: str, values: list[frozenset[int]]) -> None:
    months, years = values[_MONTH], values[_YEAR]
    if max(years) < _WRITTEN_IN:
        raise CronError(f"a year to come, {_WRITTEN_IN} or later, or *")
    fewest = int(day.removesuffix("W")) if day.removesuffix("W").isdigit() else min(values[_DAY_OF_MONTH])
    leap = any(calendar.isleap(year) for year in years if year >= _WRITTEN_IN)
    longest = max(calendar.monthrange(_LEAP_YEAR if leap else _LEAP_YEAR + 1, month)[1] for month in months)
    if fewest > longest:
        raise CronError(f"a day of month up to {longest}, since the months named have no {fewest}th")
