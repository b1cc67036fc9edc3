"""Answers written down beside sample requests, for tests to compare a deployed model with."""

from collections.abc import Iterable
from pathlib import Path

from .errors import RequestError
from .inference import answer
from .media_types import CSV, JSON
from .model import Model

_TYPES = {".json": JSON, ".csv": CSV}
_REQUEST, _RESPONSE = ".request", ".response"


def write_golden_answers(model: Model, requests: Iterable[Path]) -> None:
    """Write `NAME.response.json` or `.csv` beside every `NAME.request.json` or `.csv`.

    Raises:
        RequestError: A file is not named so, or its request is refused; the message begins with the file.
    """
    for path in requests:
        media_type = _TYPES.get(path.suffix)
        if media_type is None or not path.stem.endswith(_REQUEST):
            raise RequestError(415, "unsupported_media_type", f"{path} is not named NAME{_REQUEST}.json or .csv.")
        try:
            answered = answer(model, path.read_bytes(), request_type=media_type, response_type=media_type)
        except RequestError as refusal:
            raise RequestError(refusal.status, refusal.code, f"{path}: {refusal.message}") from None
        name = path.stem.removesuffix(_REQUEST) + _RESPONSE + path.suffix
        path.with_name(name).write_bytes(answered.body)
