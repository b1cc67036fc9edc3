"""A model folder that contradicts itself is refused at start, not at the first request."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from slipway.serving.model import ModelError, load_model
from slipway.serving.signature import load_signature
from tests.serving.running import TUMOR_TRIAGE
from tests.serving.small_models import graph, regressor, save, signature

MODEL = TUMOR_TRIAGE / "model"
Document = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tumor triage model to break."""
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as refused:
        load_model(folder)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_the_shipped_model_loads() -> None:
    model = load_model(MODEL)
    assert len(model.signature.features) == 30
    assert model.signature.labels == ("malignant", "benign")
    assert model.signature.decision is not None


@pytest.mark.parametrize("name", ["model.onnx", "signature.json"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder) == f"{folder / name} is missing."


@pytest.mark.parametrize("content", [b"", b"not onnx", b"\x00" * 100])
def test_a_broken_graph(folder: Path, content: bytes) -> None:
    (folder / "model.onnx").write_bytes(content)
    assert "is not a model that ONNX Runtime can load" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_signature_that_is_not_json(folder: Path, content: bytes) -> None:
    (folder / "signature.json").write_bytes(content)
    assert "is not JSON" in refusal(folder)


def change(path: str, value: object) -> Callable[[Document], None]:
    """Return what sets one key of the document, which `path` names with dots."""
    *parents, last = path.split(".")

    def apply(document: Document) -> None:
        for parent in parents:
            document = document[parent]
        document[last] = value

    return apply


def remove(path: str) -> Callable[[Document], None]:
    *parents, last = path.split(".")

    def apply(document: Document) -> None:
        for parent in parents:
            document = document[parent]
        del document[last]

    return apply


def features(edit: Callable[[list[Any]], object]) -> Callable[[Document], None]:
    def apply(document: Document) -> None:
        edit(document["input"]["features"])

    return apply


@pytest.mark.parametrize(
    ("edit", "phrase"),
    [
        (remove("name"), "name is missing"),
        (change("version", 2), "version is 2, but it has to be a text"),
        (change("task", "clustering"), "task is 'clustering', but it has to be classification or regression"),
        (change("owner", "me"), "owner is not a known key"),
        (change("input", []), "input has to be an object"),
        (change("input.features", []), "input.features has to be a list with at least 1"),
        (change("input.scale", 1), "input.scale is not a known key"),
        (features(lambda rows: rows.append("age")), "input.features[30] has to be an object"),
        (features(lambda rows: rows[2].update(name="")), "input.features[2].name is ''"),
        (features(lambda rows: rows[2].update(name="mean radius")), "input.features has 'mean radius' twice"),
        (features(lambda rows: rows[2].update(name="3")), "'3' is a number"),
        (features(lambda rows: rows[2].update(minimum="0")), "input.features[2].minimum is '0'"),
        (features(lambda rows: rows[2].update(maximum=-1)), "the minimum of feature 'mean perimeter' is above"),
        (features(lambda rows: rows[2].update(max=1)), "input.features[2].max is not a known key"),
        (change("output.labels", ["malignant"]), "output.labels has to be a list with at least 2"),
        (change("output.labels", ["malignant", 1]), "output.labels has 1"),
        (change("output.labels", ["benign", "benign"]), "output.labels has 'benign' twice"),
        (change("output.decision.label", "other"), "output.decision.label is 'other'"),
        (change("output.decision.threshold", 0), "output.decision.threshold has to be above 0"),
        (change("output.decision.threshold", float("nan")), "output.decision.threshold is nan"),
        (change("task", "regression"), "output.decision is not a known key"),
    ],
)
def test_a_signature_that_says_nonsense(folder: Path, edit: Callable[[Document], None], phrase: str) -> None:
    path = folder / "signature.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    sentence = refusal(folder)
    assert sentence.startswith(f"{path}: ")
    assert phrase in sentence


@pytest.mark.parametrize(
    ("edit", "phrase"),
    [
        (features(lambda rows: rows.pop()), "The signature has 29 features, but the graph takes 30 columns"),
        (change("input.tensor", "x"), "input tensor is 'x', but the graph takes features"),
        (change("output.tensor", "y"), "output tensor is 'y', but the graph gives probabilities"),
        (change("output.labels", ["malignant", "benign", "other"]), "the shape [2, 2], but the signature means [2, 3]"),
    ],
)
def test_a_signature_that_disagrees_with_the_graph(folder: Path, edit: Callable[[Document], None], phrase: str) -> None:
    path = folder / "signature.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    assert phrase in refusal(folder)


def test_probabilities_that_are_scores(tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "bias"], ["y"])]
    made = graph(nodes, 2, ["rows", 2], constants={"bias": ([2], [-3.0, 3.0])})
    save(tmp_path, made, signature("classification", ["a", "b"], labels=["no", "yes"]))
    assert "values that are no probabilities" in refusal(tmp_path)


def test_a_graph_for_one_row_only(tmp_path: Path) -> None:
    made = graph([helper.make_node("Identity", ["x"], ["y"])], 2, [1, 2], rows=1)
    save(tmp_path, made, signature("classification", ["a", "b"], labels=["no", "yes"]))
    assert "[any number of rows, features] is needed" in refusal(tmp_path)


def test_a_graph_of_whole_numbers(tmp_path: Path) -> None:
    made = graph([helper.make_node("Identity", ["x"], ["y"])], 2, ["rows", 2], element=TensorProto.INT64)
    save(tmp_path, made, signature("classification", ["a", "b"], labels=["no", "yes"]))
    assert "tensor(int64)" in refusal(tmp_path)


def test_a_graph_whose_columns_show_only_when_it_runs(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "weights"], ["y"])]
    made = graph(nodes, 3, ["rows", 1], constants={"weights": ([3, 1], [1.0, 1.0, 1.0])})
    made.input[0].type.tensor_type.shape.dim[1].dim_param = "columns"
    save(tmp_path, made, signature("regression", ["a", "b"]))
    assert "does not run on 2 columns" in refusal(tmp_path)


def test_a_regressor_with_two_values_per_row(tmp_path: Path) -> None:
    made = graph([helper.make_node("Identity", ["x"], ["y"])], 2, ["rows", 2])
    save(tmp_path, made, signature("regression", ["a", "b"]))
    assert "the shape [2, 2], but the signature means [2, 1]" in refusal(tmp_path)


def test_ranges_and_decision_are_read(tmp_path: Path) -> None:
    document = copy.deepcopy(json.loads((regressor(tmp_path) / "signature.json").read_text()))
    document["input"]["features"][0]["minimum"] = -1
    (tmp_path / "signature.json").write_text(json.dumps(document))
    loaded = load_signature(tmp_path / "signature.json")
    assert loaded.features[0].minimum == -1
    assert loaded.features[1].minimum == -float("inf")
    assert loaded.decision is None
