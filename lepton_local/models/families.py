"""The networks of the BERT family that a graph is written for, as a table of what differs between
them.

They are one architecture under several names for its tensors. Anything else runs through torch,
unoptimised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Our names of a layer's parts -> their names in BERT's checkpoints.
_BERT_LAYER = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "mixed_norm": "attention.output.LayerNorm",
    "wide": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.LayerNorm",
}
_MPNET_LAYER = _BERT_LAYER | {
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "mixed": "attention.attn.o",
    "mixed_norm": "attention.LayerNorm",
}
_DISTILBERT_LAYER = {
    "query": "attention.q_lin",
    "key": "attention.k_lin",
    "value": "attention.v_lin",
    "mixed": "attention.out_lin",
    "mixed_norm": "sa_layer_norm",
    "wide": "ffn.lin1",
    "narrow": "ffn.lin2",
    "norm": "output_layer_norm",
}

# Names in config.json -> operators of the graph: domain "com.microsoft" but for Relu and Tanh.
ACTIVATIONS = {
    "gelu": "Gelu",
    "gelu_new": "FastGelu",
    "gelu_pytorch_tanh": "FastGelu",
    "relu": "Relu",
    "tanh": "Tanh",
}


@dataclass(frozen=True, slots=True)
class Family:
    """What sets one model type apart. `judge` is its classification head: dense layer, activation,
    last layer.
    """

    prefix: str  # of the body's tensors in a checkpoint with a head; absent in one without
    layer: str  # where layer {} stands
    parts: Mapping[str, str]
    judge: tuple[str, str, str]
    types: bool = True  # adds an embedding of the token type
    first_position: int = 0  # row of the first token in the position table
    relative: bool = False  # adds a bias for the distance of two tokens to attention


_RobertaJudge = ("classifier.dense", "tanh", "classifier.out_proj")
_ROBERTA = Family(
    "roberta.", "encoder.layer.{}.", _BERT_LAYER, _RobertaJudge, first_position=2
)  # 1 + the id of <pad>, which is 1 in every published checkpoint; `supported` refuses others

FAMILIES: Mapping[str, Family] = {
    "bert": Family(
        "bert.", "encoder.layer.{}.", _BERT_LAYER, ("bert.pooler.dense", "tanh", "classifier")
    ),
    "electra": Family(
        "electra.",
        "encoder.layer.{}.",
        _BERT_LAYER,
        ("classifier.dense", "gelu", "classifier.out_proj"),
    ),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "distilbert": Family(
        "distilbert.",
        "transformer.layer.{}.",
        _DISTILBERT_LAYER,
        ("pre_classifier", "relu", "classifier"),
        types=False,
    ),
    "mpnet": Family(
        "mpnet.",
        "encoder.layer.{}.",
        _MPNET_LAYER,
        _RobertaJudge,
        types=False,
        first_position=2,
        relative=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of one network, read from its config.json."""

    family: Family
    layers: int
    heads: int
    width: int
    activation: str
    epsilon: float
    positions: int  # tokens that the position table has room for


def shape(config: Mapping[str, Any]) -> Shape | None:
    """Give the shape of a network of the family, None for any other."""
    family = FAMILIES.get(str(config.get("model_type")))
    if family is None:
        return None
    activation = str(config.get("hidden_act", config.get("activation", "gelu")))
    special = (
        activation not in ACTIVATIONS
        or config.get("position_embedding_type", "absolute") != "absolute"
        or (family.first_position == 2 and config.get("pad_token_id", 1) != 1)
        or bool(config.get("is_decoder"))
    )
    if special:
        return None
    return Shape(
        family=family,
        layers=int(config.get("num_hidden_layers", config.get("n_layers", 12))),
        heads=int(config.get("num_attention_heads", config.get("n_heads", 12))),
        width=int(config.get("hidden_size", config.get("dim", 768))),
        activation=activation,
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        positions=int(config.get("max_position_embeddings", 512)) - family.first_position,
    )
