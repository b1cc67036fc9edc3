"""Compares an answer with the one expected: numbers within a tolerance, everything else exactly."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

#: A number may differ from the expected one by ABSOLUTE + RELATIVE * |expected|: on another processor the same model
#: gives slightly different ones.
RELATIVE: Final = 1e-4
ABSOLUTE: Final = 1e-6

_SHORT: Final = 80


def differences(expected: bytes, got: bytes, media_type: str) -> tuple[str, ...]:
    """How an answer differs from the expected one, a phrase per place; empty when it does not.

    Places in JSON are paths that count from 0, as in `predictions[0].label`; in CSV, rows and columns count from 1.

    Args:
        expected: The body expected, which must be of its media type.
        got: The body that came.
        media_type: `application/json` or `text/csv`.
    """
    if expected == got:
        return ()
    read, compare = _FORMATS[media_type]
    try:
        found = read(got.decode())
    except (UnicodeDecodeError, ValueError) as error:
        return (f"the answer is no {media_type} ({error}): {_shown(got.decode(errors='replace'))}",)
    return tuple(compare(read(expected.decode()), found))


def problem_of(expected: bytes, media_type: str) -> str | None:
    """What keeps an expected answer from being compared with, None if nothing does."""
    read, _ = _FORMATS[media_type]
    try:
        read(expected.decode())
    except (UnicodeDecodeError, ValueError) as error:
        return str(error)
    return None


def _read_csv(text: str) -> list[list[str]]:
    return [[field.strip() for field in row] for row in csv.reader(io.StringIO(text), strict=True)]


def _compare_csv(expected: list[list[str]], got: list[list[str]]) -> Iterator[str]:
    if len(expected) != len(got):
        yield f"expected {len(expected)} rows, got {len(got)}"
    for row, (wanted, found) in enumerate(zip(expected, got, strict=False), start=1):
        if len(wanted) != len(found):
            yield f"row {row}: expected {len(wanted)} columns, got {len(found)}"
        for column, (one, other) in enumerate(zip(wanted, found, strict=False), start=1):
            if one != other and not _close_texts(one, other):
                yield f"row {row}, column {column}: expected {_shown(one)}, got {_shown(other)}"


def _compare_json(expected: Any, got: Any, place: str = "") -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key in [*expected, *(key for key in got if key not in expected)]:
            yield from _compare_member(expected, got, key, f"{place}.{key}" if place else key)
    elif isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            yield f"{place or 'the answer'}: expected {len(expected)} items, got {len(got)}"
        for index, (one, other) in enumerate(zip(expected, got, strict=False)):
            yield from _compare_json(one, other, f"{place}[{index}]")
    elif not _equal(expected, got):
        yield f"{place or 'the answer'}: expected {_json(expected)}, got {_json(got)}"


def _compare_member(expected: Mapping[str, Any], got: Mapping[str, Any], key: str, place: str) -> Iterator[str]:
    if key not in got:
        yield f"{place}: expected {_json(expected[key])}, got nothing"
    elif key not in expected:
        yield f"{place}: expected nothing, got {_json(got[key])}"
    else:
        yield from _compare_json(expected[key], got[key], place)


def _equal(expected: Any, got: Any) -> bool:
    numbers = (int, float)
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if isinstance(expected, numbers) and isinstance(got, numbers):
        return _close(float(expected), float(got))
    return type(expected) is type(got) and bool(expected == got)


def _close(expected: float, got: float) -> bool:
    if not (math.isfinite(expected) and math.isfinite(got)):
        return expected == got or (math.isnan(expected) and math.isnan(got))
    return abs(got - expected) <= ABSOLUTE + RELATIVE * abs(expected)


def _close_texts(expected: str, got: str) -> bool:
    try:
        return _close(float(expected), float(got))
    except ValueError:
        return False


def _json(value: Any) -> str:
    return _shown(json.dumps(value, ensure_ascii=False))


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


_FORMATS: Final[Mapping[str, tuple[Callable[[str], Any], Callable[[Any, Any], Iterator[str]]]]] = {
    "application/json": (json.loads, _compare_json),
    "text/csv": (_read_csv, _compare_csv),
}
