"""Models that come up and then disappoint: the trained graph, with something done to it."""

import math
import time
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

_INPUT, _OUTPUT = "features", "probabilities"
_SIDE: Final = 256
#: Between the mean radius of the sample `benign-patient` and that of `malignant-patient`.
_MALIGNANT_RADIUS: Final = 13.0


def failing(path: Path) -> bytes:
    """Answers the server's own trial with zeros; ONNX Runtime refuses to compute it for any real record."""
    model = onnx.load(path)
    nodes = [
        helper.make_node("ReduceMax", [_INPUT], ["largest"], keepdims=0),
        helper.make_node("Constant", [], ["zero"], value=_tensor("zero_value", 0.0)),
        helper.make_node("Greater", ["largest", "zero"], ["is_real"]),
        helper.make_node("Cast", ["is_real"], ["place"], to=TensorProto.INT64),
        helper.make_node("Constant", [], ["nothing"], value=_tensor("nothing_value", [0.0])),
        # The only place is 0: place 1 is out of bounds, which can not be known before the record is.
        helper.make_node("Gather", ["nothing", "place"], ["offset"], axis=0),
        helper.make_node("Add", [_INPUT, "offset"], ["checked"]),
    ]
    return _with_input(model, nodes, "checked")


def wrong(path: Path) -> bytes:
    """Answers at once and without an error, with the probabilities of the two labels swapped."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.output[:] = ["right" if name == _OUTPUT else name for name in node.output]
    model.graph.node.append(
        helper.make_node("Constant", [], ["order"], value=numpy_helper.from_array(np.array([1, 0]), "order_value"))
    )
    model.graph.node.append(helper.make_node("Gather", ["right", "order"], [_OUTPUT], axis=1))
    return bytes(model.SerializeToString())


def slow(path: Path, milliseconds: float, record: list[list[float]]) -> bytes:
    """Answers rightly, and computes at least so long on this machine for the records of malignant patients."""
    rounds = 100
    session = onnxruntime.InferenceSession(_slow(path, rounds), providers=["CPUExecutionProvider"], sess_options=_one())
    rows = np.array(record, dtype=np.float32)
    took = []
    for _ in range(4):
        began = time.thread_time()  # not what other programs take of the machine meanwhile
        session.run([_OUTPUT], {_INPUT: rows})
        took.append(1000 * (time.thread_time() - began))
    # The shortest one was disturbed least, by the session's setting itself up.
    return _slow(path, math.ceil(rounds * milliseconds / min(took)))


def _slow(path: Path, rounds: int) -> bytes:
    model = onnx.load(path)
    square = helper.make_tensor_value_info("square_in", TensorProto.FLOAT, [_SIDE, _SIDE])
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["square_in", "weights"], ["square_out"]),
            helper.make_node("Identity", ["go_on_in"], ["go_on_out"]),
        ],
        "round",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on_in", TensorProto.BOOL, []),
            square,
        ],
        [
            helper.make_tensor_value_info("go_on_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("square_out", TensorProto.FLOAT, [_SIDE, _SIDE]),
        ],
    )
    identity = np.eye(_SIDE, dtype=np.float32)  # the product stays what it is, so nothing overflows
    nodes = [
        helper.make_node("Constant", [], ["weights"], value=numpy_helper.from_array(identity, "weights_value")),
        helper.make_node("Constant", [], ["radius"], value=_tensor("radius_value", _MALIGNANT_RADIUS)),
        helper.make_node("Constant", [], ["rounds"], value=numpy_helper.from_array(np.array(rounds), "rounds_value")),
        helper.make_node("Constant", [], ["none"], value=numpy_helper.from_array(np.array(0), "none_value")),
        helper.make_node("Constant", [], ["first"], value=numpy_helper.from_array(np.array(0), "first_value")),
        helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(1, bool), "yes_value")),
        helper.make_node("Gather", [_INPUT, "first"], ["row"], axis=0),
        helper.make_node("Gather", ["row", "first"], ["mean_radius"], axis=0),
        helper.make_node("Greater", ["mean_radius", "radius"], ["is_malignant"]),
        helper.make_node("Where", ["is_malignant", "rounds", "none"], ["trips"]),
        helper.make_node("Mul", ["weights", "mean_radius"], ["start"]),
        helper.make_node("Loop", ["trips", "yes", "start"], ["end"], body=body),
        helper.make_node("Sub", ["end", "start"], ["nothing"]),
        helper.make_node("ReduceMax", ["nothing"], ["offset"], keepdims=0),
        helper.make_node("Add", [_INPUT, "offset"], ["waited_for"]),
    ]
    return _with_input(model, nodes, "waited_for")


def _with_input(model: onnx.ModelProto, nodes: list[onnx.NodeProto], name: str) -> bytes:
    """The graph with these nodes between its input and what read it so far."""
    for node in model.graph.node:
        node.input[:] = [name if given == _INPUT else given for given in node.input]
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])
    return bytes(model.SerializeToString())


def _tensor(name: str, value: float | list[float]) -> TensorProto:
    return numpy_helper.from_array(np.array(value, dtype=np.float32), name)


def _one() -> onnxruntime.SessionOptions:
    """One thread, as the server has it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return options
