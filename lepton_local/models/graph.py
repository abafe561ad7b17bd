"""Write a network of the BERT family as an ONNX graph, straight from its tensors, without torch.

The graph runs rows of one length without padding, so it has no attention mask. Operators are chosen
by their speed on a CPU: `MultiHeadAttention` is fused, while an addition and a plain
`LayerNormalization` take an eighth of the time of the fused `SkipLayerNormalization`, whose loop is
not vectorised (0.05 against 0.38 ms at 158 tokens of 384). int8 means weights rounded with a scale
for each output, and activations rounded as they come (dynamic quantisation), with one scale for all
tokens, or for each where they differ in size (`_evened`):
https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lepton_local.errors import ModelError
from lepton_local.models.families import ACTIVATIONS, Shape
from lepton_local.models.processor import Precision
from lepton_local.models.roles import Floats

FUSED = "com.microsoft"  # ONNX Runtime's own operators
OPSETS = (("", 18), (FUSED, 1))


class Graph:
    """A graph under construction. Each method adds nodes and gives the name of their result."""

    def __init__(self, weights: Mapping[str, Floats], where: Path, *, precision: Precision) -> None:
        self._weights = weights
        self.where = where
        self._precision = precision
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def node(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a standard operator with one output."""
        return self._add(operator, inputs, "", attributes)

    def fused(self, operator: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add one of ONNX Runtime's operators with one output."""
        return self._add(operator, inputs, FUSED, attributes)

    def activate(self, x: str, activation: str) -> str:
        """Apply an activation by its name in config.json."""
        operator = ACTIVATIONS[activation]
        standard = operator in ("Relu", "Tanh")
        return self.node(operator, [x]) if standard else self.fused(operator, [x])

    def split(self, x: str, parts: int) -> list[str]:
        """Cut the last axis into equal parts."""
        names = [f"{x}/{i}" for i in range(parts)]
        self._nodes.append(helper.make_node("Split", [x], names, axis=-1, num_outputs=parts))
        return names

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """Add an array once, under its name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def integers(self, *values: int) -> str:
        """Add a list of integers, as axes and bounds are given."""
        return self.constant("/".join(["i", *map(str, values)]), np.array(values, dtype=np.int64))

    def tensor(self, name: str) -> Floats:
        """Give a tensor of the checkpoint; ModelError if it has none of that name."""
        if name not in self._weights:
            raise ModelError(
                f"{self.where}: the weights lack {name}, which its config.json calls for",
                advice="use a folder whose weights and config.json belong together",
            )
        return self._weights[name]

    def has(self, name: str) -> bool:
        """Whether the checkpoint has a tensor."""
        return name in self._weights

    def weight(self, name: str) -> str:
        """Add a tensor of the checkpoint as it is."""
        return self.constant(name, self.tensor(name))

    def linear(self, x: str, *names: str, exact: bool = False, even: bool = False) -> str:
        """x W^T + b for the layers of these names laid side by side.

        `exact` keeps float32. `even` is for an `x` whose tokens differ in size, see `_evened`.
        """
        weight = np.concatenate([self.tensor(f"{name}.weight").T for name in names], axis=1)
        bias = self.constant(
            f"{names[0]}/b", np.concatenate([self.tensor(f"{name}.bias") for name in names])
        )
        if exact or self._precision == "fp32":
            product = self.node("MatMul", [x, self.constant(f"{names[0]}/w", weight)])
            return self.node("Add", [product, bias])
        rounded, scale = quantised(weight, largest=127 if self._precision == "int8" else 63)
        tensors = [self.constant(f"{names[0]}/q", rounded), self.constant(f"{names[0]}/s", scale)]
        if even:
            x, size = self._evened(x)
            product = self.fused("DynamicQuantizeMatMul", [x, *tensors])
            return self.node("Add", [self.node("Mul", [product, size]), bias])
        # "" stands for the zero points of the weights: none, they are symmetric.
        return self.fused("DynamicQuantizeMatMul", [x, *tensors, "", bias])

    def norm(self, x: str, name: str, epsilon: float) -> str:
        """Layer normalisation over the last axis."""
        inputs = [x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        return self.node("LayerNormalization", inputs, epsilon=epsilon)

    def save(self, path: Path, outputs: Mapping[str, tuple[str, Sequence[int | str]]]) -> None:
        """Write `path` and its tensors beside it, to be mapped into memory: that loads in 15 ms,
        one file in 80.

        `outputs` maps the name of an output to the node's result it is and its shape.
        """
        infos = []
        for name, (result, dims) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [result], [name]))
            infos.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, dims))
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "tokens"])
            for name in ("ids", "types")
        ]
        graph = helper.make_graph(
            self._nodes, "lepton", inputs, infos, list(self._constants.values())
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid(*opset) for opset in OPSETS], ir_version=9
        )
        onnx.save_model(
            model,
            path,
            save_as_external_data=True,
            location=f"{path.stem}.bin",
            size_threshold=1024,
        )

    def _evened(self, x: str) -> tuple[str, str]:
        """Divide each token by its largest value; gives that too.

        What the feed-forward part sees has outliers (arXiv:2306.12929): behind the attention the
        first token of all-MiniLM-L6-v2 is 3 to 9 times as large as the median one, behind the
        activation full stops of all-mpnet-base-v2 are 20 to 48 times. The one scale of a sequence
        leaves the other tokens few steps.
        """
        largest = self.node("ReduceMax", [self.node("Abs", [x]), self.integers(-1)], keepdims=1)
        # ReLU may leave a token nothing but zeros.
        size = self.node("Max", [largest, self.constant("tiny", np.array([1e-6], np.float32))])
        return self.node("Div", [x, size]), size

    def _add(
        self, operator: str, inputs: Sequence[str], domain: str, attributes: Mapping[str, Any]
    ) -> str:
        name = f"{len(self._nodes)}/{operator}"
        self._nodes.append(
            helper.make_node(operator, list(inputs), [name], name, domain=domain, **attributes)
        )
        return name


def quantised(weight: Floats, *, largest: int) -> tuple[NDArray[np.int8], Floats]:
    """Round an (in, out) matrix to whole numbers up to `largest`, one scale a column, around zero.

    With all 8 bits (127) a CPU without VNNI instructions overflows: it adds two products in 16
    bits. So there are 7 bits (63), which round twice as much.
    """
    scale = np.abs(weight).max(axis=0) / largest
    scale[scale == 0] = 1
    return np.rint(weight / scale).astype(np.int8), scale.astype(np.float32)


def body(graph: Graph, shape: Shape) -> str:
    """Add embeddings and layers; gives the name of the last hidden states (rows, tokens, width)."""
    family = shape.family
    prefix = family.prefix if graph.has(f"{family.prefix}embeddings.LayerNorm.weight") else ""
    length = graph.node(
        "Slice", [graph.node("Shape", ["ids"]), graph.integers(1), graph.integers(2)]
    )
    x = _embeddings(graph, shape, prefix, length)
    bias = _distances(graph, shape, prefix, length) if family.relative else ""
    for number in range(shape.layers):
        part = {
            ours: prefix + family.layer.format(number) + theirs
            for ours, theirs in family.parts.items()
        }
        q, k, v = graph.split(graph.linear(x, part["query"], part["key"], part["value"]), 3)
        inputs = [q, k, v, "", "", bias] if bias else [q, k, v]
        mixed = graph.fused("MultiHeadAttention", inputs, num_heads=shape.heads)
        x = graph.node("Add", [graph.linear(mixed, part["mixed"]), x])
        x = graph.norm(x, part["mixed_norm"], shape.epsilon)
        wide = graph.activate(graph.linear(x, part["wide"], even=True), shape.activation)
        x = graph.node("Add", [graph.linear(wide, part["narrow"], even=True), x])
        x = graph.norm(x, part["norm"], shape.epsilon)
    wide = graph.tensor(f"{part['norm']}.weight").shape[0]
    if wide != shape.width:
        raise ValueError(f"{wide} numbers a token, and not {shape.width}")
    return x


def _embeddings(graph: Graph, shape: Shape, prefix: str, length: str) -> str:
    family, at = shape.family, f"{prefix}embeddings."
    x = graph.node("Gather", [graph.weight(f"{at}word_embeddings.weight"), "ids"])
    positions = graph.tensor(f"{at}position_embeddings.weight")[family.first_position :]
    table = graph.constant("positions", positions)
    places = graph.node("Slice", [table, graph.integers(0), length, graph.integers(0)])
    x = graph.node("Add", [x, places])
    if family.types:
        types = graph.weight(f"{at}token_type_embeddings.weight")
        x = graph.node("Add", [x, graph.node("Gather", [types, "types"])])
    x = graph.norm(x, f"{at}LayerNorm", shape.epsilon)
    projection = f"{prefix}embeddings_project"  # ELECTRA, where embeddings are narrower
    return graph.linear(x, projection) if graph.has(f"{projection}.weight") else x


def _distances(graph: Graph, shape: Shape, prefix: str, length: str) -> str:
    """MPNet's attention bias (1, heads, tokens, tokens) from the bucket of each distance."""
    table = graph.tensor(f"{prefix}encoder.relative_attention_bias.weight")  # (buckets, heads)
    places = np.arange(shape.positions)
    buckets = _buckets(places[None, :] - places[:, None], len(table))
    grid = graph.constant("buckets", buckets.astype(np.int32))
    corner = graph.node("Concat", [length, length], axis=0)
    near = graph.node("Slice", [grid, graph.integers(0, 0), corner, graph.integers(0, 1)])
    bias = graph.node("Gather", [graph.constant("distances", table), near])
    bias = graph.node("Transpose", [bias], perm=[2, 0, 1])
    return graph.node("Unsqueeze", [bias, graph.integers(0)])


def _buckets(distance: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Bucket distances: exact when near, logarithmic up to 128, the sign apart (T5,
    arXiv:1910.10683).
    """
    half = count // 2
    exact = half // 2
    far = np.abs(distance)
    scaled = np.log(np.maximum(far, 1) / exact) / math.log(128 / exact) * (half - exact)
    coarse = np.minimum(exact + scaled.astype(np.int64), half - 1)
    return np.where(distance > 0, half, 0) + np.where(far < exact, far, coarse)
