"""The requests that are sent: patients of the model's samples, one or many, as JSON and as CSV."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving_throughput.server import BenchmarkError

_NAMES = ("benign-patient", "malignant-patient")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of request.

    Attributes:
        name: What the tables call it.
        method: `GET` or `POST`.
        path: Where it goes.
        rows: Rows in the body.
        content_type: The body's media type.
        body: The body.
    """

    name: str
    method: str
    path: str
    rows: int = 0
    content_type: str | None = None
    body: bytes = b""


PING = Case(name="GET /ping", method="GET", path="/ping")


def read_cases(samples: Path, rows: Sequence[int]) -> tuple[Case, ...]:
    """Make JSON and CSV requests of so many rows each.

    Raises:
        BenchmarkError: A sample is missing or cannot be understood.
    """
    try:
        instances = [json.loads((samples / f"{name}.request.json").read_text())["instances"][0] for name in _NAMES]
        lines = [(samples / f"{name}.request.csv").read_text().strip().splitlines()[-1] for name in _NAMES]
    except (OSError, KeyError, IndexError, ValueError) as error:
        raise BenchmarkError(f"{samples} has no samples that can be sent: {error}.") from None
    cases = []
    for count in rows:
        body = json.dumps({"instances": list(itertools.islice(itertools.cycle(instances), count))})
        text = "".join(f"{line}\n" for line in itertools.islice(itertools.cycle(lines), count))
        cases.append(_post(f"JSON, {_rows(count)}", count, "application/json", body))
        cases.append(_post(f"CSV, {_rows(count)}", count, "text/csv", text))
    return tuple(cases)


def _post(name: str, rows: int, content_type: str, body: str) -> Case:
    return Case(name=name, method="POST", path="/invocations", rows=rows, content_type=content_type, body=body.encode())


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
