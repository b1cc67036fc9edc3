"""Small ONNX graphs and their signatures, for what the tumor triage model does not show."""

import json
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

Shape = list[int | str]


def save(folder: Path, graph: onnx.GraphProto, signature: dict[str, Any]) -> Path:
    """Write a model folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    (folder / "signature.json").write_text(json.dumps(signature))
    return folder


def signature(
    task: str, columns: list[str], *, labels: list[str] | None = None, decision: dict[str, Any] | None = None
) -> dict[str, Any]:
    output: dict[str, Any] = {"tensor": "y"}
    if labels is not None:
        output["labels"] = labels
    if decision is not None:
        output["decision"] = decision
    features = [{"name": name} for name in columns]
    return {
        "name": "small",
        "version": "1",
        "task": task,
        "input": {"tensor": "x", "features": features},
        "output": output,
    }


def graph(
    nodes: list[onnx.NodeProto],
    columns: int,
    outputs: Shape,
    *,
    constants: dict[str, tuple[list[int], list[float]]] | None = None,
    element: int = TensorProto.FLOAT,
    rows: int | str = "rows",
) -> onnx.GraphProto:
    return helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", element, [rows, columns])],
        [helper.make_tensor_value_info("y", element, outputs)],
        [helper.make_tensor(name, element, *constant) for name, constant in (constants or {}).items()],
    )


def regressor(folder: Path, *, element: int = TensorProto.FLOAT) -> Path:
    """Write a model that adds up `width` and `height`, shape [rows]."""
    nodes = [helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)]
    made = graph(nodes, 2, ["rows"], element=element)
    made.initializer.append(helper.make_tensor("axes", TensorProto.INT64, [1], [1]))
    return save(folder, made, signature("regression", ["width", "height"]))


def identity_classifier(folder: Path, decision: dict[str, Any] | None = None) -> Path:
    """Write a model whose three probabilities are its three inputs."""
    made = graph([helper.make_node("Identity", ["x"], ["y"])], 3, ["rows", 3])
    labels = ["low", "middle, more or less", "high"]
    return save(folder, made, signature("classification", ["a", "b", "c"], labels=labels, decision=decision))


def two_rows_only_regressor(folder: Path) -> Path:
    """Write a model that claims any number of rows but fails to run on any but two."""
    nodes = [
        helper.make_node("Reshape", ["x", "two_by_two"], ["square"]),
        helper.make_node("ReduceSum", ["square", "axes"], ["y"], keepdims=0),
    ]
    made = graph(nodes, 2, ["rows"])
    made.initializer.append(helper.make_tensor("two_by_two", TensorProto.INT64, [2], [2, 2]))
    made.initializer.append(helper.make_tensor("axes", TensorProto.INT64, [1], [1]))
    return save(folder, made, signature("regression", ["a", "b"]))


def slow_regressor(folder: Path) -> Path:
    """Write a model whose time grows with the rows: instant for one, a second or so of one core for a thousand."""
    width, layers = 2048, 8
    nodes = [
        helper.make_node("ConstantOfShape", ["first_shape"], ["first"], value=helper.make_tensor("v", 1, [1], [1.0])),
        helper.make_node("ConstantOfShape", ["shape"], ["weights"], value=helper.make_tensor("v", 1, [1], [1 / width])),
        helper.make_node("MatMul", ["x", "first"], ["layer0"]),
        *(helper.make_node("MatMul", [f"layer{n}", "weights"], [f"layer{n + 1}"]) for n in range(layers)),
        helper.make_node("ReduceMean", [f"layer{layers}"], ["y"], axes=[1], keepdims=1),
    ]
    made = graph(nodes, 1, ["rows", 1])
    for name, shape in (("first_shape", [1, width]), ("shape", [width, width])):
        made.initializer.append(helper.make_tensor(name, TensorProto.INT64, [2], shape))
    return save(folder, made, signature("regression", ["size"]))
