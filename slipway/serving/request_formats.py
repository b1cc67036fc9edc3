"""From a request's body to the rows a model takes, or to a sentence that says what is wrong with it.

Rows and columns count from 1 in messages; a CSV header is not a row.
"""

import csv
import io
import json
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import RequestError, bad_request, shown
from .media_types import CSV
from .signature import Signature

Rows = npt.NDArray[np.float64]

_FLOAT32_MAX = float(np.finfo(np.float32).max)
# float() also takes "nan", "1_000" and digits of other scripts; a number in a CSV file is none of those.
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def read_rows(body: bytes, media_type: str, signature: Signature) -> Rows:
    """Read a request's body.

    Args:
        body: The bytes as sent.
        media_type: `application/json` or `text/csv`.
        signature: What the model takes.

    Returns:
        Finite values within float32 and the features' ranges, shape [rows, features], at least one row.

    Raises:
        RequestError: 400 with the row, the field, what was found and what is expected.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise bad_request("bad_encoding", f"Byte {error.start + 1} of the body is not UTF-8.") from None
    if not text.strip():
        raise bad_request("empty_body", "The body is empty; at least one row is expected.")
    rows = np.array(_csv_rows(text, signature) if media_type == CSV else _json_rows(text, signature), dtype=np.float64)
    _check_values(rows, signature)
    return rows


def _json_rows(text: str, signature: Signature) -> list[list[float]]:
    try:
        # Integers become floats at once: only one type is left to check, and 4,300 digits and more are just infinite.
        document = json.loads(text, object_pairs_hook=_object, parse_int=float)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise bad_request("bad_json", f"The body is not JSON: {error.msg} at {place}.") from None
    except RecursionError:
        raise bad_request("bad_json", "The body is nested too deeply to be read.") from None
    return [_json_row(number, row, signature) for number, row in enumerate(_instances(document), start=1)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; of a key that stands twice only one value could be meant, so it is refused."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise bad_request("bad_json", f"An object has the key {shown(key)} twice.")
        result[key] = value
    return result


def _instances(document: object) -> list[object]:
    expected = 'an object {"instances": [row, …]} is expected'
    if not isinstance(document, dict):
        raise bad_request("wrong_shape", f"The body is {shown(document)}; {expected}.")
    unknown = next((key for key in document if key != "instances"), None)
    if unknown is not None:
        raise bad_request("wrong_shape", f"The body has the unknown key {shown(unknown)}; {expected}.")
    if "instances" not in document:
        raise bad_request("wrong_shape", f'The body has no key "instances"; {expected}.')
    instances = document["instances"]
    if not isinstance(instances, list):
        raise bad_request("wrong_shape", f'"instances" is {shown(instances)}; a list of rows is expected.')
    if not instances:
        raise bad_request("no_rows", '"instances" is empty; at least one row is expected.')
    return instances


def _json_row(number: int, row: object, signature: Signature) -> list[float]:
    columns = len(signature.features)
    match row:
        case list():
            if len(row) != columns:
                raise _wrong_columns(number, f"{len(row)} values", columns)
            values = row
        case dict():
            values = _by_name(number, row, signature)
        case _:
            expected = f"a list of {columns} numbers or an object keyed by feature name is expected"
            raise bad_request("wrong_shape", f"Row {number} is {shown(row)}; {expected}.")
    for feature, value in zip(signature.features, values, strict=True):
        if type(value) is not float:
            raise _not_a_number(number, feature.name, value)
    return values


def _by_name(number: int, row: dict[str, Any], signature: Signature) -> list[Any]:
    names = signature.feature_names
    missing = next((name for name in names if name not in row), None)
    if missing is not None:
        raise bad_request("wrong_columns", f'Row {number} has no field "{missing}"; all {len(names)} are needed.')
    if len(row) != len(names):
        known = frozenset(names)
        unknown = next(name for name in row if name not in known)
        raise bad_request("wrong_columns", f"Row {number} has a field that the model does not know: {shown(unknown)}.")
    return [row[name] for name in names]


def _csv_rows(text: str, signature: Signature) -> list[list[float]]:
    rows: list[list[float]] = []
    has_header = False
    try:
        # Line by line, so that a body of the wrong shape is refused before all of it is in memory as cells.
        for line in csv.reader(io.StringIO(text, newline=""), strict=True):
            if not line:
                continue
            if not rows and not has_header and _is_header(line, signature):
                has_header = True
            else:
                rows.append(_csv_row(len(rows) + 1, line, signature))
    except csv.Error as error:
        raise bad_request("bad_csv", f"The body is not CSV: {error}.") from None
    if not rows:
        raise bad_request("no_rows", "The body has a header but no row; at least one row is expected.")
    return rows


def _is_header(line: list[str], signature: Signature) -> bool:
    """Tell a header from a first row: it has no number at all. One with other names or another order is refused."""
    if any(_NUMBER.fullmatch(cell) for cell in line):
        return False
    names = signature.feature_names
    found = [cell.strip() for cell in line]
    if len(found) != len(names):
        raise _wrong_columns(1, f"{len(found)} values", len(names))
    for column, (cell, name) in enumerate(zip(found, names, strict=True), start=1):
        if cell != name:
            message = (
                f'Column {column} of the first line is {shown(cell)}; a number or the header "{name}" is expected.'
            )
            raise bad_request("wrong_header", message)
    return True


def _csv_row(number: int, line: list[str], signature: Signature) -> list[float]:
    if len(line) != len(signature.features):
        raise _wrong_columns(number, f"{len(line)} values", len(signature.features))
    for feature, cell in zip(signature.features, line, strict=True):
        if not _NUMBER.fullmatch(cell):
            raise _not_a_number(number, feature.name, cell)
    return [float(cell) for cell in line]


def _check_values(rows: Rows, signature: Signature) -> None:
    low = np.array([max(feature.minimum, -_FLOAT32_MAX) for feature in signature.features])
    high = np.array([min(feature.maximum, _FLOAT32_MAX) for feature in signature.features])
    within = (rows >= low) & (rows <= high)  # false for NaN too
    if within.all():
        return
    row, column = np.argwhere(~within)[0]
    found = f'Row {row + 1}, field "{signature.features[column].name}" is {rows[row, column]:g}'
    if np.isnan(rows[row, column]):
        raise bad_request("not_a_number", f"{found}; a finite number is expected.")
    raise bad_request("out_of_range", f"{found}; a number from {low[column]:g} to {high[column]:g} is expected.")


def _wrong_columns(number: int, found: str, expected: int) -> RequestError:
    return bad_request("wrong_columns", f"Row {number} has {found}; {expected} are expected.")


def _not_a_number(number: int, field: str, found: object) -> RequestError:
    return bad_request("not_a_number", f'Row {number}, field "{field}" is {shown(found)}; a number is expected.')
