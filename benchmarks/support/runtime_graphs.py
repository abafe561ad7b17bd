"""Other ways to write down a network: without the library's own operators, and in static int8."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from support.launch import Failed

from lepton_local.models.card import Card
from lepton_local.models.export import GRAPH, export
from lepton_local.models.graph import Graph, body
from lepton_local.models.heads import outputs
from lepton_local.models.weights import read_weights, weight_files

CALIBRATION = 48  # rows that static int8 takes its scales from

Rows = Sequence[tuple[np.ndarray, np.ndarray]]  # ids and types, each (1, tokens)


class _Plain(Graph):
    """Standard operators only, for other runtimes than ONNX Runtime."""

    def fused(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Write out what a fused operator does."""
        if operator == "Gelu":
            (x,) = inputs
            half, root, one = map(self._number, (0.5, 2**-0.5, 1.0))
            bell = self.node("Add", [self.node("Erf", [self.node("Mul", [x, root])]), one])
            return self.node("Mul", [self.node("Mul", [x, half]), bell])
        if operator == "MultiHeadAttention" and len(inputs) == 3:
            return self._attention(*inputs, heads=attributes["num_heads"])
        raise Failed(f"{operator}: no standard operators stand for it here")

    def _number(self, value: float) -> str:
        return self.constant(f"n/{value}", np.array(value, dtype=np.float32))

    def _attention(self, q: str, k: str, v: str, *, heads: int) -> str:
        split = self.integers(0, 0, heads, -1)
        q, k, v = (
            self.node("Transpose", [self.node("Reshape", [x, split])], perm=order)
            for x, order in ((q, [0, 2, 1, 3]), (k, [0, 2, 3, 1]), (v, [0, 2, 1, 3]))
        )
        width = self.tensor(next(n for n in self._weights if n.endswith("self.query.bias"))).size
        scale = self._number((width / heads) ** -0.5)
        near = self.node("MatMul", [self.node("Mul", [q, scale]), k])
        mixed = self.node("MatMul", [self.node("Softmax", [near], axis=-1), v])
        return self.node(
            "Reshape",
            [self.node("Transpose", [mixed], perm=[0, 2, 1, 3]), self.integers(0, 0, -1)],
        )


def own(card: Card, out: Path, *, precision: Any) -> Path:
    """The product's graph."""
    out.mkdir(parents=True, exist_ok=True)
    export(card, out, precision=precision)
    return out / GRAPH


def plain(card: Card, out: Path) -> Path:
    """The same network in float32 and standard operators."""
    out.mkdir(parents=True, exist_ok=True)
    shape = card.shape
    assert shape is not None
    graph = _Plain(read_weights(weight_files(card.folder)), card.folder, precision="fp32")
    graph.save(out / GRAPH, outputs(graph, shape, body(graph, shape), head=card.head))
    return out / GRAPH


def static(graph: Path, out: Path, rows: Rows) -> Path:
    """A float32 graph with its products of weights in int8, scales taken from `rows`."""
    from onnxruntime import quantization  # type: ignore[import-untyped]

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._rows: Iterator[Any] = iter(rows[:CALIBRATION])

        def get_next(self) -> dict[str, np.ndarray] | None:
            row = next(self._rows, None)
            return None if row is None else {"ids": row[0], "types": row[1]}

    model = onnx.load(graph)
    constants = {each.name for each in model.graph.initializer}
    for node in model.graph.node:
        if node.domain:  # it cannot infer what its own operators give
            told = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)
            model.graph.value_info.append(told)
    out.mkdir(parents=True, exist_ok=True)
    quantization.quantize_static(
        model,
        str(out / GRAPH),
        Reader(),
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=[
            node.name
            for node in model.graph.node
            if node.op_type == "MatMul" and node.input[1] not in constants
        ],
        per_channel=True,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
    )
    return out / GRAPH


def shares(graph: Path, rows: Rows, out: Path) -> dict[str, float]:
    """The share of the time that each kind of operator takes in a graph of the product, largest
    first; a row at a time on one thread.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.enable_profiling = True
    options.profile_file_prefix = str(out)
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    for ids, types in rows:
        session.run(None, {"ids": ids, "types": types})
    took: Counter[str] = Counter()
    for event in json.loads(Path(session.end_profiling()).read_text()):
        if event["cat"] == "Node" and "op_name" in event["args"]:
            took[event["args"]["op_name"]] += event["dur"]
    return {name: part / took.total() for name, part in took.most_common()}


def bf16(out: Path) -> Path:
    """One product of matrices in bfloat16: whether a runtime has it at all."""
    out.mkdir(parents=True, exist_ok=True)
    kind = TensorProto.BFLOAT16
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])],
        "product",
        [helper.make_tensor_value_info(name, kind, (8, 8)) for name in ("a", "b")],
        [helper.make_tensor_value_info("c", kind, (8, 8))],
    )
    onnx.save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
        out / GRAPH,
    )
    return out / GRAPH
