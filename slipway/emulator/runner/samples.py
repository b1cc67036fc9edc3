"""The golden samples beside every model: real requests, and the answers expected for them."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from slipway.emulator.common.workspace import CHECKOUT

CONTENT_TYPES: Final = {".json": "application/json", ".csv": "text/csv"}


@dataclasses.dataclass(frozen=True)
class Sample:
    """One golden sample.

    Attributes:
        name: Its name, such as `benign-patient`.
        content_type: The media type of both bodies.
        request: The body to send.
        response: The body expected.
        path: The file of the request.
    """

    name: str
    content_type: str
    request: bytes
    response: bytes
    path: Path

    def matches(self, answer: bytes) -> bool:
        """Whether an answer is the one expected: the same data, however it is spaced."""
        return bool(_data(self.content_type, answer) == _data(self.content_type, self.response))


def samples(service: str, checkout: Path = CHECKOUT) -> Iterator[Sample]:
    """The golden samples of a service, in the order of their names."""
    for path in sorted((checkout / "model_artifacts" / service / "samples").glob("*.request.*")):
        if path.suffix in CONTENT_TYPES:
            name = path.name.removesuffix(f".request{path.suffix}")
            response = path.with_name(f"{name}.response{path.suffix}")
            yield Sample(name, CONTENT_TYPES[path.suffix], path.read_bytes(), response.read_bytes(), path)


def _data(content_type: str, body: bytes) -> Any:
    if content_type == "application/json":
        return json.loads(body)
    return [line.strip() for line in body.decode().strip().splitlines()]
