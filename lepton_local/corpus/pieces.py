"""The word pieces of a text: how many a stretch of it has, and where to cut too long a one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Stretch = tuple[int, int]  # of a text: where it starts and ends

_INK = re.compile(r"\S")
# No word piece of real text is longer; a longer one (a hash, base64, a word in an unknown script)
# counts as several, so that a passage stays readable.
_LONGEST = 48
# A line drawn of one sign, as in tables and contents; a very long one reads as several signs, for
# the same reason.
_RULE = re.compile(rf"([^\w\s]|_)\1{{3,{_LONGEST - 1}}}")
# Characters that are cut into pieces together, at most: a tokenizer takes 700 bytes a piece. A
# multiple of _LONGEST, so that what has no white space is counted as if it were whole.
SECTION = 1024 * _LONGEST


def blank_rules(text: str) -> str:
    """The same text with one sign and blanks for each line drawn of more than three: what a model
    is to read. Every other character stays where it is.

    Each sign of "+-----+-----+" is a word piece, and together they say nothing.
    """
    return _RULE.sub(lambda rule: rule[1].ljust(len(rule[0])), text)


class Pieces:
    """Word pieces of a text, by the code points at which they start and end, in order. Each has a
    number, counted from 0.

    The text is cut into pieces a section at a time, as far as it is asked about, and those that
    nobody will ask about again can be forgotten; so of the pieces few are in memory. Sections end
    at line ends, else at white space, as no piece crosses; else where they are full.
    """

    def __init__(self, text: str, spans: Callable[[str], npt.NDArray[np.integer]]) -> None:
        """`spans(section)` gives an (n, 2) array, as an encoder's `spans` does."""
        self._text = text
        self._spans = spans
        self._read = 0  # characters that have been cut into pieces
        self._forgotten = 0  # pieces
        self._starts: Ints = np.empty(0, dtype=np.int64)
        self._ends = self._starts

    def within(self, stretches: Sequence[Stretch]) -> tuple[Ints, Ints]:
        """For each stretch, which stand in order, the number of its first piece, and of the one
        after its last: two (n,) arrays.
        """
        table = np.array(stretches, dtype=np.int64).reshape(-1, 2)
        while self._read < table[-1, 1]:
            self._read_section()
        return (
            self._forgotten + np.searchsorted(self._ends, table[:, 0], side="right"),
            self._forgotten + np.searchsorted(self._starts, table[:, 1], side="left"),
        )

    def split(self, stretch: Stretch, tokens: int) -> Iterator[Stretch]:
        """A stretch in parts of at most `tokens` pieces, cut at a line end, else at white space."""
        start, end = stretch
        while (first := self._full(start, end, tokens)) is not None:
            limit = int(self._starts[first + tokens])
            least = max(start, int(self._starts[first + tokens // 2]))
            # Several pieces of one character have nothing to cut between.
            cut = max(_cut(self._text, least, limit), start + 1)
            yield start, start + len(self._text[start:cut].rstrip())
            ink = _INK.search(self._text, cut, end)
            if ink is None:
                return
            start = ink.start()
        yield start, end

    def forget(self, position: int) -> None:
        """Forget the pieces that end at or before a position."""
        gone = int(np.searchsorted(self._ends, position, side="right"))
        self._forgotten += gone
        self._starts, self._ends = self._starts[gone:], self._ends[gone:]

    def _full(self, start: int, end: int, tokens: int) -> int | None:
        """Where the first piece from `start` on stands in memory, if more than `tokens` begin
        before `end`.
        """
        while True:
            first = int(np.searchsorted(self._ends, start, side="right"))
            if first + tokens < len(self._starts):
                return first if self._starts[first + tokens] < end else None
            if self._read >= end:
                return None
            self._read_section()

    def _read_section(self) -> None:
        start, end = self._read, min(self._read + SECTION, len(self._text))
        if end < len(self._text):
            end = _cut(self._text, start + SECTION // 2, end)
        found = self._spans(blank_rules(self._text[start:end]))
        table = np.asarray(found, dtype=np.int64).reshape(-1, 2) + start
        starts, ends = table[:, 0], table[:, 1]
        parts = np.maximum(1, -(-(ends - starts) // _LONGEST))
        if parts.max(initial=1) > 1:
            rank = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
            starts, ends = np.repeat(starts, parts) + rank * _LONGEST, np.repeat(ends, parts)
            ends = np.minimum(starts + _LONGEST, ends)
        self._starts = np.concatenate([self._starts, starts])
        self._ends = np.concatenate([self._ends, ends])
        self._read = end


def _cut(text: str, least: int, limit: int) -> int:
    line = text.rfind("\n", least, limit)
    if line >= 0:
        return line
    return next((at for at in range(limit - 1, least, -1) if text[at].isspace()), limit)
