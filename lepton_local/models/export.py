"""Tensors of a folder to a graph in the cache. `graph` is the file that imports onnx."""

from __future__ import annotations

from pathlib import Path

from lepton_local.errors import ModelError
from lepton_local.models.borrowed import model_weights
from lepton_local.models.card import Card
from lepton_local.models.families import FAMILIES
from lepton_local.models.folder import reason
from lepton_local.models.graph import Graph, body
from lepton_local.models.heads import outputs
from lepton_local.models.processor import Precision

GRAPH = "model.onnx"


def export(card: Card, out: Path, *, precision: Precision) -> None:
    """Write the graph of a model of the BERT family into the folder `out`, as model.onnx and
    model.bin.
    """
    shape = card.shape
    if shape is None:
        raise ModelError(
            f"{card.folder}: no graph can be written for a {card.config.get('model_type')} network,"
            f" expected one of {', '.join(FAMILIES)} with its usual activations and positions"
        )
    graph = Graph(model_weights(card.folder), card.folder, precision=precision)
    try:
        made = outputs(graph, shape, body(graph, shape), head=card.head, tags=card.tags)
    except (ValueError, IndexError, ArithmeticError) as error:  # numpy's, of shapes that do not fit
        raise ModelError(
            f"{card.folder}: the weights have other shapes than config.json says ({reason(error)})",
            advice="use a folder whose weights and config.json belong together",
        ) from error
    graph.save(out / GRAPH, made)
