"""The parts of a model of one network: its tokens, its runtime, and the digest of all that shapes
its numbers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lepton_local.errors import ModelError, extra
from lepton_local.models import cache
from lepton_local.models.card import Card
from lepton_local.models.folder import reason
from lepton_local.models.processor import Precision, adds_bytes_exactly, cores
from lepton_local.models.roles import Runtime
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.tokens import Tokens, padded
from lepton_local.models.vocabulary import check_vocabulary
from lepton_local.models.weights import weight_files

RECIPE = 3  # raised when a change of this package gives other numbers for the same weights
_JUDGES = ("relevance", "spans", "pair")  # heads that see two texts


@dataclass(frozen=True, slots=True)
class Parts:
    """A network, and what goes before it."""

    digest: str
    tokens: Tokens
    runtime: Runtime


def load_parts(card: Card, device: str, threads: int) -> Parts:
    """Load a network on a device, ready to run; ModelError if its folder does not hold it whole.

    What a folder makes the network do is tried once, with the longest row and the last piece of its
    vocabulary: before its graph is kept, or whenever torch runs it.
    """
    weights = cache.digest(weight_files(card.folder))
    tokenizer = _tokenizer(card)
    settings = _settings(card, tokenizer)
    runtime: Runtime
    if device == "cpu" and card.shape is not None:
        # An encoder's numbers are compared with those that another machine may have made.
        exact = card.head in _JUDGES and adds_bytes_exactly()
        precision: Precision = "int8" if exact else "int7"

        def make(out: Path) -> None:
            from lepton_local.models.export import GRAPH, export

            last = check_vocabulary(tokenizer)
            export(card, out, precision=precision)
            _try(card, OnnxRuntime(out / GRAPH, threads=1), tokenizer, last)

        home = cache.prepared(f"{weights[:16]}-{settings}-{precision}", make)
        runtime = OnnxRuntime(home / "model.onnx", threads=threads or cores())
    else:
        with extra("torch", f"{card.folder}: a {card.config.get('model_type')} network"):
            from lepton_local.models.networks import network
            from lepton_local.models.runtime_torch import TorchRuntime

        last = check_vocabulary(tokenizer)
        runtime = TorchRuntime(network(card), device=device)
        _try(card, runtime, tokenizer, last)
    tokens = Tokens.load(tokenizer, card.max_tokens)
    return Parts(f"sha256:{weights}+{settings}", tokens, runtime)


def _try(card: Card, runtime: Runtime, tokenizer: Path, last: int) -> None:
    """Run a network once; ModelError where it fails, or gives what are no numbers."""
    tokens = Tokens.load(tokenizer, card.max_tokens)
    try:
        outputs = runtime.run(*padded([tokens.longest(last, pair=card.head in _JUDGES)]))
    except (IndexError, RuntimeError) as error:  # torch's; ONNX Runtime's are ModelErrors by now
        raise ModelError(
            f"{card.folder}: torch cannot run it ({reason(error)})",
            advice="use a folder whose weights, config.json and tokenizer belong together",
        ) from error
    if not all(np.isfinite(array).all() for array in outputs.values()):
        raise ModelError(
            f"{card.folder}: the network gives numbers that are none (NaN or infinite)",
            advice="copy or save the model again",
        )


def _tokenizer(card: Card) -> Path:
    """The folder's tokenizer.json; made from its vocabulary where it has none."""
    path = card.folder / "tokenizer.json"
    if path.is_file():
        return path

    def make(out: Path) -> None:
        with extra("torch", f"{card.folder}: a folder without {path.name}"):
            from lepton_local.models.networks import convert_tokenizer

        convert_tokenizer(card.folder, out / path.name)

    words = [p for p in card.folder.iterdir() if p.suffix in (".txt", ".model", ".json")]
    return cache.prepared(f"{cache.digest(sorted(words))[:16]}-tokenizer", make) / path.name


def _settings(card: Card, tokenizer: Path) -> str:
    """Eight hex digits of all that shapes a model's numbers beside its weights."""
    told: list[object] = [
        RECIPE,
        card.head,
        card.max_tokens,
        dict(card.prompts),
        card.heading,
        cache.digest([tokenizer]),
    ]
    if card.shape is not None:
        shape = card.shape
        told += [shape.width, shape.layers, shape.heads, shape.activation, shape.epsilon]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]
