"""What stands on the last hidden states: the outputs of a graph, by the model's role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lepton_local.models.card import Head, check_labels
from lepton_local.models.families import Shape
from lepton_local.models.graph import Graph

Outputs = Mapping[str, tuple[str, Sequence[int | str]]]


def outputs(graph: Graph, shape: Shape, hidden: str, *, head: Head, tags: bool = False) -> Outputs:
    """Add a head; gives the outputs as `Graph.save` takes them.

    mean, cls, max: `vector` (rows, width), pooled. relevance: `relevance` (rows,). spans: `start`
    and `end` (rows, tokens). pair: all three, from the bundled pair model's two heads, and where it
    `tags`, `tag` (rows, tokens) from a third.
    """
    if head == "mean":
        pooled = graph.node("ReduceMean", [hidden, graph.integers(1)], keepdims=0)
        return {"vector": (pooled, ("rows", shape.width))}
    if head == "max":
        pooled = graph.node("ReduceMax", [hidden, graph.integers(1)], keepdims=0)
        return {"vector": (pooled, ("rows", shape.width))}
    first = _first(graph, hidden)
    if head == "cls":
        return {"vector": (first, ("rows", shape.width))}
    if head == "relevance":
        dense, activation, last = shape.family.judge
        x = graph.activate(graph.linear(first, dense, exact=True), activation)
        return _relevance(graph, x, last)
    if head == "spans":
        return _spans(graph, hidden, "qa_outputs")
    made = {**_relevance(graph, first, "relevance_head"), **_spans(graph, hidden, "span_head")}
    return {**made, **_tags(graph, hidden)} if tags else made


def _first(graph: Graph, hidden: str) -> str:
    """The hidden state of the first token (rows, width)."""
    cut = [hidden, graph.integers(0), graph.integers(1), graph.integers(1)]
    return graph.node("Squeeze", [graph.node("Slice", cut), graph.integers(1)])


def _relevance(graph: Graph, x: str, layer: str) -> Outputs:
    """One logit a row; of two classes, irrelevant and relevant, their difference: the log odds."""
    labels = graph.tensor(f"{layer}.weight").shape[0]
    check_labels(graph.where, labels)
    logits = graph.linear(x, layer, exact=True)
    if labels == 2:
        irrelevant, logits = graph.split(logits, 2)
        logits = graph.node("Sub", [logits, irrelevant])
    return {"relevance": (graph.node("Squeeze", [logits, graph.integers(1)]), ("rows",))}


def _spans(graph: Graph, hidden: str, layer: str) -> Outputs:
    ends = graph.split(graph.linear(hidden, layer, exact=True), 2)
    shape = ("rows", "tokens")
    return {
        name: (graph.node("Squeeze", [logit, graph.integers(2)]), shape)
        for name, logit in zip(("start", "end"), ends, strict=True)
    }


def _tags(graph: Graph, hidden: str) -> Outputs:
    """One logit a token: that it is a part of an answer."""
    logits = graph.linear(hidden, "tag_head", exact=True)
    return {"tag": (graph.node("Squeeze", [logits, graph.integers(2)]), ("rows", "tokens"))}
