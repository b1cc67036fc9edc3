"""From the bytes of a request to the bytes of its answer, with no HTTP in between."""

from dataclasses import dataclass

from .model import Model
from .request_formats import read_rows
from .responses import write_predictions


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """An answer's body, and of how many rows."""

    body: bytes
    rows: int


def answer(model: Model, body: bytes, *, request_type: str, response_type: str) -> InferenceResult:
    """Predict every row of a request.

    Args:
        model: The model to ask.
        body: The request's body.
        request_type: Its media type.
        response_type: The answer's media type.

    Raises:
        RequestError: The body cannot be understood, or the model has no finite answer for it.
    """
    rows = read_rows(body, request_type, model.signature)
    return InferenceResult(write_predictions(model.predict(rows), response_type, model.signature), len(rows))
