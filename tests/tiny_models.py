"""Small random networks in the layouts that users bring, saved by transformers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from lepton_local.models.resolve import BUNDLED_ENCODER

_SIZES: dict[str, Any] = {
    "vocab_size": 30522,  # the bundled tokenizer's
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "initializer_range": 0.3,  # so wide that outputs differ by more than rounding
}
CONFIGS: dict[str, Any] = {
    "bert": lambda: transformers.BertConfig(**_SIZES),
    "roberta": lambda: transformers.RobertaConfig(**_SIZES, type_vocab_size=1),
    "electra": lambda: transformers.ElectraConfig(**_SIZES, embedding_size=16),
    "distilbert": lambda: transformers.DistilBertConfig(
        vocab_size=30522, dim=32, n_layers=2, n_heads=4, hidden_dim=48, initializer_range=0.3
    ),
    "mpnet": lambda: transformers.MPNetConfig(**_SIZES),
    "albert": lambda: transformers.AlbertConfig(**_SIZES, embedding_size=16),
}
CLASSES: dict[str, Any] = {
    "mean": transformers.AutoModel,
    "relevance": transformers.AutoModelForSequenceClassification,
    "spans": transformers.AutoModelForQuestionAnswering,
}


def save(folder: Path, kind: str, head: str, **more: Any) -> transformers.PreTrainedModel:
    """Save a random network of a kind with a head; gives it, in evaluation mode."""
    torch.manual_seed(7)
    config = CONFIGS[kind]()
    for name, value in more.items():
        setattr(config, name, value)
    model = CLASSES[head].from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:  # biases and norms begin as zeros and ones, which hide a swap
                parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    tokenizer = (BUNDLED_ENCODER / "tokenizer.json").read_text()
    if kind == "roberta":  # which has one token type, and a tokenizer that knows
        tokenizer = tokenizer.replace('"type_id":1', '"type_id":0')
    (folder / "tokenizer.json").write_text(tokenizer)
    found: transformers.PreTrainedModel = model
    return found


def edit(path: Path, **changes: Any) -> None:
    """Change entries of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def sentence_folder(folder: Path, kind: str, pooling: str) -> None:
    """A sentence encoder of 64 tokens, saved by sentence-transformers itself."""
    body = folder.parent / f"{folder.name}-body"
    save(body, kind, "mean")
    save_tokenizer(body)
    transformer = Transformer(str(body), max_seq_length=64)
    pool = Pooling(32, pooling_mode=pooling)
    SentenceTransformer(modules=[transformer, pool], device="cpu").save(str(folder))
    shutil.rmtree(body)


def save_tokenizer(body: Path) -> None:
    """What transformers wants beside tokenizer.json."""
    (body / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "pad_token": "[PAD]",
                "model_max_length": 512,
            }
        )
    )
