"""A model folder loaded into ONNX Runtime, checked against its signature before the first request."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from .signature import CLASSIFICATION, Signature, SignatureError, load_signature

Floats = npt.NDArray[np.floating[Any]]

# ONNX Runtime's exceptions have no common base of their own.
_LOAD_ERRORS = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
_RUN_ERRORS = (*_LOAD_ERRORS, ort_errors.EPFail)
_TYPES: dict[str, type[np.floating[Any]]] = {"tensor(float)": np.float32, "tensor(double)": np.float64}
_TWO_DIMENSIONS = 2
_ERRORS_ONLY = 3
# Probabilities computed in float32 may leave [0, 1] by a rounding error, not by more.
_PROBABILITY_SLACK = 1e-3


class ModelError(Exception):
    """The model folder cannot be served; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model ready to predict. Safe to use from several threads at once.

    Attributes:
        signature: What it takes and gives.
        input_type: The floating-point type its graph takes.
    """

    signature: Signature
    input_type: type[np.floating[Any]]
    _session: Any

    def predict(self, rows: Floats) -> Floats:
        """Run the graph.

        Args:
            rows: Shape [rows, features], values in `input_type`'s range.

        Returns:
            Probabilities, shape [rows, labels], for a classification; values, shape [rows, 1], for a regression.
        """
        inputs = {self.signature.input_tensor: rows.astype(self.input_type, copy=False)}
        outputs: Floats = self._session.run([self.signature.output_tensor], inputs)[0]
        return outputs if self.signature.task == CLASSIFICATION else outputs.reshape(len(rows), -1)


def load_model(folder: Path, *, onnx_threads: int = 1) -> Model:
    """Load `model.onnx` and `signature.json` and try them out together.

    Args:
        folder: The model folder.
        onnx_threads: Threads ONNX Runtime may use inside one call of `predict`.

    Raises:
        ModelError: A file is missing or broken, or the signature and the graph do not say the same.
    """
    if not folder.is_dir():
        raise ModelError(f"The model folder {folder} does not exist.")
    try:
        signature = load_signature(folder / "signature.json")
    except SignatureError as error:
        raise ModelError(str(error)) from None
    session = _session(folder / "model.onnx", onnx_threads)
    model = Model(signature, _check_input(signature, session), session)
    _check_output(signature, session)
    _try_out(model)
    return model


def _session(path: Path, onnx_threads: int) -> Any:
    if not path.is_file():
        raise ModelError(f"{path} is missing.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = onnx_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise ModelError(f"{path} is not a model that ONNX Runtime can load: {_one_line(error)}.") from None


def _check_input(signature: Signature, session: Any) -> type[np.floating[Any]]:
    inputs = {tensor.name: tensor for tensor in session.get_inputs()}
    if list(inputs) != [signature.input_tensor]:
        raise ModelError(
            f"The signature's input tensor is {signature.input_tensor!r}, but the graph takes {', '.join(inputs)}."
        )
    tensor = inputs[signature.input_tensor]
    if tensor.type not in _TYPES:
        raise ModelError(f"The graph's input is a {tensor.type}; a tensor(float) or tensor(double) can be served.")
    if len(tensor.shape) != _TWO_DIMENSIONS or isinstance(tensor.shape[0], int):
        raise ModelError(f"The graph's input has the shape {tensor.shape}; [any number of rows, features] is needed.")
    columns, expected = tensor.shape[1], len(signature.features)
    if isinstance(columns, int) and columns != expected:
        raise ModelError(f"The signature has {expected} features, but the graph takes {columns} columns.")
    return _TYPES[tensor.type]


def _check_output(signature: Signature, session: Any) -> None:
    outputs = {tensor.name: tensor for tensor in session.get_outputs()}
    if signature.output_tensor not in outputs:
        raise ModelError(
            f"The signature's output tensor is {signature.output_tensor!r}, but the graph gives {', '.join(outputs)}."
        )
    found = outputs[signature.output_tensor].type
    if found not in _TYPES:
        raise ModelError(
            f"The graph's output {signature.output_tensor!r} is a {found}; a tensor of floats is needed"
            " (skl2onnx: options={'zipmap': False})."
        )


def _try_out(model: Model) -> None:
    """Predict two made-up rows: many graphs do not declare their output's shape, and the first call warms up."""
    signature = model.signature
    row = [min(max(0.0, feature.minimum), feature.maximum) for feature in signature.features]
    try:
        outputs = model.predict(np.array([row, row], dtype=np.float64))
    except _RUN_ERRORS as error:
        raise ModelError(
            f"The graph does not run on {len(row)} columns, the signature's features: {_one_line(error)}."
        ) from None
    classification = signature.task == CLASSIFICATION
    expected = (2, len(signature.labels)) if classification else (2, 1)
    if outputs.shape != expected:
        raise ModelError(
            f"For 2 rows the graph's output has the shape {list(outputs.shape)},"
            f" but the signature means {list(expected)}."
        )
    finite = outputs[np.isfinite(outputs)]
    if classification and ((finite < -_PROBABILITY_SLACK) | (finite > 1 + _PROBABILITY_SLACK)).any():
        raise ModelError(f"The graph's output {signature.output_tensor!r} has values that are no probabilities.")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
