"""Text to token ids and back to offsets: a thin layer over `tokenizers`.

Special tokens are laid around the pieces here and not by the library, so that one tokenisation of a
passage serves every window over it, and so that texts are cut at the same place whatever else is in
the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from lepton_local.errors import ModelError
from lepton_local.models import cache
from lepton_local.models.folder import read_bytes, reason
from lepton_local.models.registry import Registry
from lepton_local.models.roles import Ints, PassageText
from lepton_local.models.unigram import Unigram, large_unigram, whole
from lepton_local.models.vocabulary import MOST

QUESTION_TOKENS = 64  # longer questions are cut, so that a passage keeps most of a window
JOIN = "\n"  # stands between a heading and its text


class Row(NamedTuple):
    """Token ids and token types of one sequence."""

    ids: list[int]
    types: list[int]


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of a passage beside its question.

    Pieces `first`, `first + 1`, ... of the row belong to the passage's text; `offsets` (k, 2) says
    where in it they stand.
    """

    passage: int
    row: Row
    first: int
    offsets: NDArray[np.int32]


class Frame(NamedTuple):
    """The special tokens before, between and behind the segments, as the tokenizer's own template
    lays them.
    """

    before: Row
    between: Row
    behind: Row
    types: tuple[int, int]  # of the first and of the second segment


class Tokens:
    """The tokenizer of one model. `max_tokens` counts special tokens too."""

    def __init__(self, tokenizer: Tokenizer | Unigram, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._single = _frame(tokenizer, "a", None)
        self._pair = _frame(tokenizer, "a", "b")
        self.max_tokens = max_tokens
        if sum(len(part.ids) for part in self._single[:3]) >= max_tokens:
            raise ValueError(f"of {max_tokens} tokens, special ones leave none for a text")

    @classmethod
    def load(cls, path: Path, max_tokens: int) -> Tokens:
        """Read a tokenizer.json; ModelError if it is none."""
        try:
            key = cache.digest([path])
            return cls(_TOKENIZERS.get(key, partial(_tokenizer, path)), max_tokens)
        except Exception as error:  # the library raises bare Exception
            raise ModelError(
                f"{path}: not a tokenizer ({reason(error)}); expected the tokenizer.json of a"
                " Hugging Face model folder"
            ) from error

    def spans(self, text: str) -> NDArray[np.int32]:
        """Code point offsets (n, 2) of the pieces of a text, uncut."""
        return _offsets(self._tokenizer.encode(text, add_special_tokens=False).offsets)

    def rows(self, texts: Sequence[str]) -> list[Row]:
        """Each text as the one segment of a row, cut to `max_tokens`."""
        frame = self._single
        room = self.max_tokens - len(frame.before.ids) - len(frame.behind.ids)
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [_row(frame, pieces.ids[:room]) for pieces in encoded]

    def longest(self, piece: int, *, pair: bool) -> Row:
        """The longest row of one text, or of two, all of this piece."""
        frame = self._pair if pair else self._single
        room = max(self.max_tokens - sum(len(part.ids) for part in frame[:3]), 0)
        second = room // 2 if pair else 0
        return _row(frame, [piece] * (room - second), [piece] * second)

    def windows(
        self, question: str, passages: Sequence[PassageText], *, heading: bool
    ) -> list[Window]:
        """Every passage beside the question, in windows that overlap by half where it is longer
        than one.

        With `heading`, each passage begins with its heading, whose pieces belong to no window's
        offsets. The last window ends with the passage, so that each has as much context as there
        is.
        """
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
        specials = sum(len(part.ids) for part in self._pair[:3])
        room = self.max_tokens - specials - len(asked)
        if room < 2:
            raise ModelError(
                f"a model that reads {self.max_tokens} tokens has no room for a passage beside "
                f"a question of {len(asked)}",
                advice="use a model with a longer input",
            )
        leads = [p.heading + JOIN if heading and p.heading else "" for p in passages]
        texts = [lead + p.text for lead, p in zip(leads, passages, strict=True)]
        encoded = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        out: list[Window] = []
        for number, (lead, pieces) in enumerate(zip(leads, encoded, strict=True)):
            ids, offsets = pieces.ids, _offsets(pieces.offsets) - len(lead)
            own = int(np.searchsorted(offsets[:, 0], 0)) if lead else 0  # pieces of the heading
            for start in _starts(len(ids), room):
                row = _row(self._pair, asked, ids[start : start + room])
                skip = max(own - start, 0)
                first = len(self._pair.before.ids) + len(asked) + len(self._pair.between.ids) + skip
                out.append(Window(number, row, first, offsets[start + skip : start + room]))
        return out


# Models of one family have the same vocabulary, and it takes as long to read as an encoder's graph.
_TOKENIZERS: Registry[Tokenizer | Unigram] = Registry(2)


def _tokenizer(path: Path) -> Tokenizer | Unigram:
    return large_unigram(path) or whole(read_bytes(path, most=MOST).decode("utf-8"))


def padded(rows: Sequence[Row]) -> tuple[Ints, Ints, Ints]:
    """Rows as (n, longest) arrays of ids, mask and types, padded on the right with zeros."""
    longest = max((len(row.ids) for row in rows), default=0)
    ids, mask, types = (np.zeros((len(rows), longest), dtype=np.int64) for _ in range(3))
    for i, row in enumerate(rows):
        length = len(row.ids)
        ids[i, :length] = row.ids
        mask[i, :length] = 1
        types[i, :length] = row.types
    return ids, mask, types


def _starts(length: int, room: int) -> Iterator[int]:
    """Where windows of `room` pieces begin, half a window apart; the last one ends at `length`."""
    last = max(length - room, 0)
    yield from range(0, last, max(room // 2, 1))
    yield last


def _offsets(pairs: list[tuple[int, int]]) -> NDArray[np.int32]:
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


def _row(frame: Frame, first: list[int], second: list[int] | None = None) -> Row:
    ids = frame.before.ids + first + frame.between.ids + (second or []) + frame.behind.ids
    types = (
        frame.before.types
        + [frame.types[0]] * len(first)
        + frame.between.types
        + [frame.types[1]] * len(second or [])
        + frame.behind.types
    )
    return Row(ids, types)


def _frame(tokenizer: Tokenizer | Unigram, first: str, second: str | None) -> Frame:
    """Learn the special tokens around one or two segments from a pair of letters."""
    encoding = tokenizer.encode(first, second) if second else tokenizer.encode(first)
    segments = encoding.sequence_ids  # None for special tokens
    rows = list(zip(encoding.ids, encoding.type_ids, strict=True))
    a = [i for i, segment in enumerate(segments) if segment == 0]
    b = [i for i, segment in enumerate(segments) if segment == 1] or [len(rows)]
    end = b[-1] + 1 if second else a[-1] + 1

    def part(low: int, high: int) -> Row:
        return Row([ids for ids, _ in rows[low:high]], [types for _, types in rows[low:high]])

    between = part(a[-1] + 1, b[0]) if second else Row([], [])
    types = (rows[a[0]][1], rows[b[0]][1] if second else 0)
    return Frame(part(0, a[0]), between, part(end, len(rows)), types)
