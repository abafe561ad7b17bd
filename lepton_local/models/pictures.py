"""Texts and pictures as vectors of one space: a folder of CLIP or SigLIP.

Pictures need torch. Of the tower that reads a graph is written where torch can do that, and then a
question runs without it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from lepton_local.errors import ModelError, extra
from lepton_local.models import cache
from lepton_local.models.encoder import unit
from lepton_local.models.folder import read_bytes, read_json, read_object, reason
from lepton_local.models.processor import cores
from lepton_local.models.roles import Floats, Ints, Kind
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.scale import Scale, texts
from lepton_local.models.vocabulary import MOST, check_vocabulary
from lepton_local.models.weights import weight_files

if TYPE_CHECKING:
    from lepton_local.models.towers import Towers

KINDS = ("clip", "siglip", "siglip2", "metaclip_2")  # what config.json calls them
RECIPE = 1  # raised when the same weights give other numbers
SIDE = 512  # dots, at most, that the shorter side of a picture is given with
FULL = 8  # times e that what belongs together counts as much as what does not, at least
_GRAPH, _NOTE, _TOKENIZER = "model.onnx", "towers.json", "tokenizer.json"
# A folder of sentence-transformers has the towers in a folder of their own.
_INNER = "0_CLIPModel"
_LENGTHS = {"clip": 77}  # pieces that a text has room for, where config.json does not say
_AGREES = 0.9999  # cosine of a graph's vector with that of torch


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of two towers once they have been loaded."""

    dim: int
    side: int
    unit: float
    why: str  # there is no graph; "" where there is


def towers_folder(folder: Path) -> Path | None:
    """Where in a model's folder the two towers lie; None if it has none."""
    for each in (folder, folder / _INNER):
        if (each / "config.json").is_file():
            told = read_object(each / "config.json")
            if told.get("model_type") in KINDS and "vision_config" in told:
                return each
    return None


class PictureEncoder:
    """An encoder of texts that sees pictures as well."""

    languages: frozenset[str] = frozenset()  # no folder says

    def __init__(self, name: str, folder: Path, *, device: str) -> None:
        """Raises ModelError for a folder whose files do not belong together."""
        self.name, self._folder, self._device = name, folder, device
        config = read_object(folder / "config.json")
        text = config.get("text_config")
        kind = str(config["model_type"])
        told = text if isinstance(text, dict) else {}
        length = told.get("max_position_embeddings", _LENGTHS.get(kind, 64))
        if not isinstance(length, int) or not 8 <= length <= 512:
            raise ModelError(f"{folder}: texts of {length!r:.40} pieces, expected 8 to 512")
        self.max_tokens = length
        weights = cache.digest(weight_files(folder))
        made = hashlib.sha256(str(RECIPE).encode())
        for path in sorted([*folder.glob("*.json"), *folder.glob("*.txt")]):
            made.update(read_bytes(path, most=MOST))
        settings = made.hexdigest()[:8]
        self.digest = f"sha256:{weights}+{settings}"
        home = cache.prepared(f"{weights[:16]}-{settings}-towers", self._make)
        note = read_json(home / _NOTE)
        self._note = Note(**note)
        self.dim, self.side = self._note.dim, self._note.side
        self._tokenizer = self._loaded(home / _TOKENIZER)
        self._graph = None
        if not self._note.why and device == "cpu":
            self._graph = OnnxRuntime(home / _GRAPH, threads=cores())

    @property
    def without_graph(self) -> str:
        """Why questions need torch; "" where they do not."""
        return self._note.why

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: Kind = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> Floats:
        """See `roles.Encoder.encode`; pictures are told of by questions, so all texts are alike."""
        del kind
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = self._ids(text)
            if self._graph is not None:
                made = self._graph.run(ids, np.ones_like(ids), np.zeros_like(ids))["vector"]
            else:
                made = self._towers.read(ids)
            out[row] = unit(made)[0]
            if progress is not None:
                progress(1)
        return out

    def see(self, pictures: Sequence[NDArray[np.uint8]]) -> Floats:
        """Unit rows (n, dim) of pictures (height, width, 3): red, green, blue. Raises ModelError,
        DependencyError without torch.
        """
        return unit(self._towers.see(pictures))

    def spans(self, text: str) -> NDArray[np.int32]:
        """See `roles.Encoder.spans`."""
        told = self._spans.encode(text, add_special_tokens=False).offsets
        return np.array(told, dtype=np.int32).reshape(-1, 2)

    def scale(self, vectors: Floats) -> Scale:
        """Of texts and pictures: what has nothing to do with these (n, dim) is known by texts of
        other things, and what belongs together by how sharply the towers were taught to tell.
        """
        told = self.encode([passage for _, _, passage in texts()])
        other = float((told.astype(np.float64) @ vectors.T.astype(np.float64)).mean())
        return Scale(min(other, 0.9), min(other + FULL * self._note.unit, 1.0))

    @cached_property
    def _towers(self) -> Towers:
        with extra("torch", f"{self._folder}: pictures"):
            from lepton_local.models.towers import Towers

        return Towers(self._folder, self._device)

    @cached_property
    def _spans(self) -> Tokenizer:
        """A tokenizer that cuts nothing off: threads share none."""
        found = Tokenizer.from_str(self._tokenizer.to_str())
        found.no_truncation()
        found.no_padding()
        return found

    def _ids(self, text: str) -> Ints:
        """(1, max_tokens): as the towers were taught, filled to the end."""
        return np.array([self._tokenizer.encode(text).ids], dtype=np.int64)

    def _loaded(self, path: Path) -> Tokenizer:
        check_vocabulary(path)
        found = Tokenizer.from_file(str(path))
        found.enable_truncation(self.max_tokens)
        token = self._padding()
        found.enable_padding(
            length=self.max_tokens, pad_id=found.token_to_id(token) or 0, pad_token=token
        )
        return found

    def _padding(self) -> str:
        """The piece that fills a row."""
        path = self._folder / "tokenizer_config.json"
        told = read_object(path).get("pad_token") if path.is_file() else None
        word = told.get("content") if isinstance(told, dict) else told
        return str(word or "<|endoftext|>")

    def _make(self, out: Path) -> None:
        """Fill the cache's folder: the tokenizer, the graph where there can be one, and what to
        know of the towers.
        """
        given = self._folder / _TOKENIZER
        if given.is_file():
            check_vocabulary(given)
            (out / _TOKENIZER).write_bytes(read_bytes(given, most=MOST))
        else:
            with extra("torch", f"{self._folder}: a folder without {_TOKENIZER}"):
                from lepton_local.models.networks import convert_tokenizer

            convert_tokenizer(self._folder, out / _TOKENIZER)
        self._tokenizer = self._loaded(out / _TOKENIZER)
        rows = np.concatenate([self._ids(text) for _, text, _ in texts()[:8]])
        towers = self._towers
        wanted = unit(towers.read(rows))
        seen = towers.see([np.zeros((8, 8, 3), dtype=np.uint8)])
        if wanted.shape[1] != seen.shape[1] or not np.isfinite([*wanted, *seen]).all():
            raise ModelError(f"{self._folder}: the two towers do not give vectors of one space")
        why = ""
        try:
            towers.export(out / _GRAPH, rows)
            graph = OnnxRuntime(out / _GRAPH, threads=1)
            made = unit(graph.run(rows, np.ones_like(rows), np.zeros_like(rows))["vector"])
            if float((made * wanted).sum(axis=1).min()) < _AGREES:
                why = "its vectors differ from those of torch"
        except Exception as error:  # the exporter raises whatever a network makes it raise
            why = reason(error)
        if why:
            (out / _GRAPH).unlink(missing_ok=True)
        note = Note(wanted.shape[1], min(towers.side, SIDE), towers.unit, why)
        (out / _NOTE).write_text(json.dumps(asdict(note)), encoding="utf-8")
