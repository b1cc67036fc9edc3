"""Whether six fields are a cron expression of AWS's.

https://docs.aws.amazon.com/autoscaling/application/userguide/scheduled-scaling-using-cron-expressions.html
"""

import re
from collections.abc import Mapping
from typing import Final

_MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS: Final = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_NAMED: Final = {
    "month": {name: at for at, name in enumerate(_MONTHS, 1)},
    "day of week": {n: a for a, n in enumerate(_DAYS, 1)},
}
_FIELDS: Final = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 1, 7),
    ("year", 1970, 2199),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4
_LAST: Final = {
    "day of month": re.compile(r"L|LW|\d{1,2}W"),
    "day of week": re.compile(r"L|[1-7]L|[1-7]#[1-5]|[A-Z]{3}(#[1-5]|L)"),
}


def cron_error(text: str) -> str | None:
    """What is wrong with the fields of a cron expression, None if nothing is."""
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields, not {len(_FIELDS)}"
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return "exactly one of day of month and day of week has to be ?"
    for field, (name, low, high) in zip(fields, _FIELDS, strict=True):
        is_open = field == "?" and name.startswith("day")
        if not is_open and not all(_is_part(part, name, low, high) for part in field.upper().split(",")):
            return f"{name} is {field}, not within {low} and {high}"
    return None


def _is_part(part: str, name: str, low: int, high: int) -> bool:
    if name in _LAST and _LAST[name].fullmatch(part):
        return True
    values, _, step = part.partition("/")
    if "/" in part and not (step.isdigit() and int(step) >= 1):
        return False
    if values == "*":
        return True
    named: Mapping[str, int] = _NAMED.get(name, {})
    numbers = [named.get(value, int(value) if value.isdigit() else -1) for value in values.split("-")]
    return len(numbers) <= 2 and all(low <= number <= high for number in numbers)  # noqa: PLR2004  from and to
