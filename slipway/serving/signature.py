"""The contract of a model folder: what its model takes and what its answers mean, in `signature.json`."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLASSIFICATION = "classification"
REGRESSION = "regression"


class SignatureError(Exception):
    """`signature.json` cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the input.

    Attributes:
        name: As callers write it in objects and CSV headers.
        minimum: Smallest accepted value, in the feature's own unit; minus infinity if there is none.
        maximum: Largest accepted value; infinity if there is none.
    """

    name: str
    minimum: float = -math.inf
    maximum: float = math.inf


@dataclass(frozen=True, slots=True)
class Decision:
    """When a record gets a label although another one may be more probable.

    Attributes:
        label: The label that must not be missed.
        threshold: Its probability from which a record gets it, above 0 and at most 1.
    """

    label: str
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a model takes and gives.

    Attributes:
        name: The model's name.
        version: The model's version, free text.
        task: `classification` or `regression`.
        input_tensor: Name of the graph's input, shaped [rows, features].
        features: The columns in order.
        output_tensor: Name of the graph's output: probabilities [rows, labels], or values [rows] or [rows, 1].
        labels: Labels in the order of the probability columns; empty for a regression.
        decision: How a label is chosen; without it the most probable one.
    """

    name: str
    version: str
    task: str
    input_tensor: str
    features: tuple[Feature, ...]
    output_tensor: str
    labels: tuple[str, ...] = ()
    decision: Decision | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in order."""
        return tuple(feature.name for feature in self.features)


def load_signature(path: Path) -> Signature:
    """Read and check a `signature.json`.

    Raises:
        SignatureError: The file is missing, is not JSON, or says something that cannot be served.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SignatureError(f"{path} is missing.") from None
    except OSError as error:
        raise SignatureError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"{path} is not JSON: {error}.") from None
    try:
        return _signature(_Section("", document))
    except SignatureError as error:
        raise SignatureError(f"{path}: {error}") from None


class _Section:
    """An object of the document that knows its place, so that every complaint can name it."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, dict):
            raise SignatureError(f"{place or 'the document'} has to be an object.")
        self._place = place
        self._left: dict[str, Any] = dict(value)

    def _name(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

    def take(self, key: str) -> Any:
        if key not in self._left:
            raise SignatureError(f"{self._name(key)} is missing.")
        return self._left.pop(key)

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise SignatureError(f"{self._name(key)} is {value!r}, but it has to be a text that is not empty.")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        if default is not None and key not in self._left:
            return default
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SignatureError(f"{self._name(key)} is {value!r}, but it has to be a finite number.")
        return float(value)

    def items(self, key: str, least: int) -> list[Any]:
        value = self.take(key)
        if not isinstance(value, list) or len(value) < least:
            raise SignatureError(f"{self._name(key)} has to be a list with at least {least} element(s).")
        return value

    def section(self, key: str) -> "_Section":
        return _Section(self._name(key), self.take(key))

    def has(self, key: str) -> bool:
        return key in self._left

    def end(self) -> None:
        """Refuse what was not taken: a misspelt key would otherwise be a limit that silently does not hold."""
        if self._left:
            raise SignatureError(f"{self._name(min(self._left))} is not a known key.")


def _signature(document: _Section) -> Signature:
    name, version, task = document.text("name"), document.text("version"), document.text("task")
    if task not in {CLASSIFICATION, REGRESSION}:
        raise SignatureError(f"task is {task!r}, but it has to be {CLASSIFICATION} or {REGRESSION}.")
    inputs, outputs = document.section("input"), document.section("output")
    document.end()

    input_tensor = inputs.text("tensor")
    features = tuple(
        _feature(_Section(f"input.features[{index}]", value)) for index, value in enumerate(inputs.items("features", 1))
    )
    inputs.end()
    _refuse_repeated("input.features", [feature.name for feature in features])

    output_tensor = outputs.text("tensor")
    labels = _labels(outputs) if task == CLASSIFICATION else ()
    decision = _decision(outputs.section("decision"), labels) if labels and outputs.has("decision") else None
    outputs.end()
    return Signature(
        name=name,
        version=version,
        task=task,
        input_tensor=input_tensor,
        features=features,
        output_tensor=output_tensor,
        labels=labels,
        decision=decision,
    )


def _feature(section: _Section) -> Feature:
    feature = Feature(
        section.text("name"), section.number("minimum", default=-math.inf), section.number("maximum", default=math.inf)
    )
    section.end()
    if _is_number(feature.name):
        raise SignatureError(f"feature name {feature.name!r} is a number, so a CSV header would look like a row.")
    if feature.minimum > feature.maximum:
        raise SignatureError(f"the minimum of feature {feature.name!r} is above its maximum.")
    return feature


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _labels(section: _Section) -> tuple[str, ...]:
    labels = section.items("labels", 2)
    for label in labels:
        if not isinstance(label, str) or not label.strip():
            raise SignatureError(f"output.labels has {label!r}, but a label has to be a text that is not empty.")
    _refuse_repeated("output.labels", labels)
    return tuple(labels)


def _decision(section: _Section, labels: tuple[str, ...]) -> Decision:
    decision = Decision(section.text("label"), section.number("threshold"))
    section.end()
    if decision.label not in labels:
        raise SignatureError(f"output.decision.label is {decision.label!r}, but it has to be one of output.labels.")
    if not 0 < decision.threshold <= 1:
        raise SignatureError("output.decision.threshold has to be above 0 and at most 1.")
    return decision


def _refuse_repeated(place: str, names: list[str]) -> None:
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise SignatureError(f"{place} has {repeated!r} twice.")
