"""From a model's outputs to the body of an answer."""

import csv
import io
import json
from collections.abc import Iterable

import numpy as np

from .errors import RequestError, bad_request
from .media_types import CSV
from .model import Floats
from .signature import CLASSIFICATION, Signature


def write_predictions(outputs: Floats, media_type: str, signature: Signature) -> bytes:
    """Write the answer for all rows.

    Args:
        outputs: Probabilities, shape [rows, labels], or values, shape [rows, 1].
        media_type: `application/json` or `text/csv`.
        signature: What the outputs mean.

    Returns:
        JSON: `{"predictions": [{"label": …, "probabilities": {label: p, …}}, …]}` or `{"predictions": [{"value": …}]}`.
        CSV: one line per row without a header, `label,p,p…` in the order of the signature's labels, or `value`.

    Raises:
        RequestError: 400 if the model has no finite answer, as for values far from everything it was trained on.
    """
    finite = np.isfinite(outputs).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite)) + 1
        raise bad_request(
            "no_finite_prediction", f"Row {row} has values for which the model computes no finite number."
        )
    classification = signature.task == CLASSIFICATION
    labels = _chosen_labels(outputs, signature) if classification else []
    numbers = _shortest(outputs)
    if media_type == CSV:
        lines = zip(labels, *zip(*numbers, strict=True), strict=True) if classification else numbers
        return _csv(lines)
    if classification:
        predictions: list[dict[str, object]] = [
            {"label": label, "probabilities": dict(zip(signature.labels, row, strict=True))}
            for label, row in zip(labels, numbers, strict=True)
        ]
    else:
        predictions = [{"value": value} for (value,) in numbers]
    return _json({"predictions": predictions})


def write_request_error(refusal: RequestError) -> bytes:
    """Write the body of a 4xx answer: `{"error": {"code": …, "message": …}}`."""
    return write_error(refusal.code, refusal.message)


def write_error(code: str, message: str) -> bytes:
    """Write the body of an answer that is an error."""
    return _json({"error": {"code": code, "message": message}})


def _chosen_labels(outputs: Floats, signature: Signature) -> list[str]:
    """Return each row's label: the decision's if its probability reaches the threshold, else the best of the rest."""
    decision = signature.decision
    if decision is None:
        return [signature.labels[index] for index in outputs.argmax(axis=1)]
    guarded = signature.labels.index(decision.label)
    others = outputs.copy()
    others[:, guarded] = -np.inf
    chosen = np.where(outputs[:, guarded] >= decision.threshold, guarded, others.argmax(axis=1))
    return [signature.labels[index] for index in chosen]


def _shortest(outputs: Floats) -> list[list[float]]:
    """Return Python floats with the fewest digits that mean the same float32 or float64: 0.1, not 0.10000000149."""
    return [[float(str(value)) for value in row] for row in outputs]


def _csv(lines: Iterable[Iterable[object]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue().encode()


def _json(document: object) -> bytes:
    # ASCII only: a caller's half surrogate, quoted in a message, could not be encoded otherwise.
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"
