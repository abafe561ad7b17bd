"""Large Unigram vocabularies, read only as far as a text needs them.

The library takes 1 to 2 s to build its tree of the 250,000 pieces of XLM-RoBERTa, a hundred times
what a question takes otherwise. But the pieces that may stand in a text are those equal to some
stretch of it: a tokenizer of these alone cuts it in the same way, for what is likeliest among all
ways is so among those that are possible. They are looked up in sorted, mapped arrays.
(Unigram: Kudo, arXiv:1804.10959.)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Encoding, Tokenizer

from lepton_local.models import cache
from lepton_local.models.folder import read_bytes, read_json
from lepton_local.models.vocabulary import MOST

LARGE = 4 << 20  # bytes of a tokenizer.json, from which on it is looked at whether it can be parted
QUESTION = 500  # characters: shorter calls are questions, which never wait for the whole
PATIENCE = (
    200_000  # characters of longer calls: looking up their pieces takes as long as reading all
)
_BARE, _PIECES, _SCORES, _NUMBERS = "bare.json", "pieces.npy", "scores.npy", "numbers.npy"


class Pieces(NamedTuple):
    """One text in pieces, as the library's `Encoding` tells them."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    type_ids: list[int]
    sequence_ids: list[int | None]


class Unigram:
    """Stands in for the library's tokenizer, of which it has the methods that are used here."""

    def __init__(self, path: Path, parts: Path) -> None:
        """`parts` is what `_part` made of the tokenizer.json at `path`."""
        self._path = path
        self._pieces, self._scores, self._numbers = (
            np.load(parts / name, mmap_mode="r") for name in (_PIECES, _SCORES, _NUMBERS)
        )
        self._told: dict[str, Any] = json.loads((parts / _BARE).read_text(encoding="utf-8"))
        self._longest = int(self._told.pop("longest"))
        self._own = [(piece, score, number) for piece, score, number in self._told.pop("own")]
        self._lowest = tuple(self._told.pop("lowest"))
        self._bare = self._with(self._own)
        self._whole: Tokenizer | None = None
        self._spent = 0
        self._lock = Lock()

    def encode(
        self, text: str, pair: str | None = None, *, add_special_tokens: bool = True
    ) -> Pieces | Encoding:
        """Cut one text, or two."""
        texts = [text] if pair is None else [text, pair]
        tokenizer, numbers = self._for(texts)
        encoding = tokenizer.encode(text, pair, add_special_tokens=add_special_tokens)
        return encoding if numbers is None else _numbered(encoding, numbers)

    def encode_batch(
        self, texts: Sequence[str], *, add_special_tokens: bool = True
    ) -> Sequence[Pieces | Encoding]:
        """Cut several texts."""
        tokenizer, numbers = self._for(texts)
        encodings = tokenizer.encode_batch(list(texts), add_special_tokens=add_special_tokens)
        return encodings if numbers is None else [_numbered(each, numbers) for each in encodings]

    encode_batch_fast = encode_batch

    def _for(self, texts: Sequence[str]) -> tuple[Tokenizer, list[int] | None]:
        """A tokenizer that cuts these texts as the whole one does, and the numbers of its pieces;
        None where they are its own.
        """
        if self._whole is None:
            size = sum(map(len, texts))
            with self._lock:
                self._spent += size if size > QUESTION else 0
                if self._whole is None and self._spent > PATIENCE:
                    self._whole = whole(read_bytes(self._path, most=MOST).decode("utf-8"))
        if self._whole is not None:
            return self._whole, None
        chosen = [*self._own, self._lowest, *self._found(texts)]
        chosen = list({piece: (piece, score, number) for piece, score, number in chosen}.values())
        return self._with(chosen), [number for _, _, number in chosen]

    def _found(self, texts: Sequence[str]) -> list[tuple[str, float, int]]:
        """The pieces that are equal to some stretch of a word of the texts."""
        encodings = self._bare.encode_batch(list(texts), add_special_tokens=False)
        words = {word for each in encodings for word in each.tokens}  # uncut: it knows no pieces
        stretches = {
            word[start : start + length]
            for word in words
            for start in range(len(word))
            for length in range(1, min(self._longest, len(word) - start) + 1)
        }
        if not stretches:
            return []
        # Longer ones would be cut to the width of the array.
        encoded = (stretch.encode() for stretch in stretches)
        short = sorted(each for each in encoded if len(each) <= self._pieces.itemsize)
        wanted = np.array(short, self._pieces.dtype)
        places = np.minimum(np.searchsorted(self._pieces, wanted), len(self._pieces) - 1)
        places = places[self._pieces[places] == wanted]
        return [
            (piece.decode(), score, number)
            for piece, score, number in zip(
                self._pieces[places].tolist(),
                self._scores[places].tolist(),
                self._numbers[places].tolist(),
                strict=True,
            )
        ]

    def _with(self, chosen: Sequence[tuple[str, float, int]]) -> Tokenizer:
        vocabulary = [(piece, score) for piece, score, _ in chosen]
        model = {**self._told["model"], "vocab": vocabulary}
        return Tokenizer.from_str(json.dumps({**self._told, "model": model}))


def large_unigram(path: Path) -> Unigram | None:
    """The tokenizer in a tokenizer.json, where it is a large one of this kind."""
    if not LARGE < path.stat().st_size <= MOST:
        return None
    parts = cache.prepared(f"{cache.digest([path])[:16]}-pieces", partial(_part, path))
    return Unigram(path, parts) if (parts / _PIECES).is_file() else None


def whole(told: str) -> Tokenizer:
    """The tokenizer that a tokenizer.json tells; it pads and truncates nothing by itself. Raises
    what the library raises, a bare Exception.
    """
    tokenizer = Tokenizer.from_str(told)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _part(path: Path, out: Path) -> None:
    """Write the vocabulary as arrays, and the rest beside them; nothing for what is no Unigram, or
    one that cannot be parted: with bytes for what is unknown, or tokens outside the vocabulary.
    """
    told = read_json(path, most=MOST)
    model = told["model"]
    if model.get("type") != "Unigram" or model.get("byte_fallback"):
        return
    pieces = [piece.encode() for piece, _ in model["vocab"]]
    added = {each["id"]: each["content"].encode() for each in told["added_tokens"]}
    told_apart = len(set(pieces)) == len(pieces) and not any(p.endswith(b"\0") for p in pieces)
    if not told_apart or any(pieces[number : number + 1] != [p] for number, p in added.items()):
        return
    scores = np.array([score for _, score in model["vocab"]])
    order = sorted(range(len(pieces)), key=pieces.__getitem__)
    np.save(out / _SCORES, scores[order])
    np.save(out / _NUMBERS, np.array(order, dtype=np.int32))
    special = sorted({model["unk_id"], *added})
    named = [(*model["vocab"][number], number) for number in special]
    lowest = int(scores.argmin())  # what is unknown counts ten less
    model["unk_id"] = special.index(model["unk_id"])
    bare = {
        **told,
        "model": {**model, "vocab": []},
        "padding": None,
        "truncation": None,
        "own": named,
        "lowest": (*model["vocab"][lowest], lowest),
        "longest": max(len(piece) for piece, _ in model["vocab"]),
    }
    (out / _BARE).write_text(json.dumps(bare), encoding="utf-8")
    np.save(out / _PIECES, np.array([pieces[number] for number in order]))


def _numbered(encoding: Encoding, numbers: Sequence[int]) -> Pieces:
    """Of special tokens the library gives the number that the template names: it is their own."""
    ids = [
        number if segment is None else numbers[number]
        for number, segment in zip(encoding.ids, encoding.sequence_ids, strict=True)
    ]
    return Pieces(ids, encoding.offsets, encoding.type_ids, encoding.sequence_ids)
