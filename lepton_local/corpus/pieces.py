"""The word pieces of a text: how many a stretch of it has, and where to cut too long a one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Place = tuple[int, int]

_INK = re.compile(r"\S")
# No word piece of real text is longer; a longer one (a hash, base64, a word in an unknown script)
# counts as several, so that a passage stays readable.
_LONGEST = 48
# A line drawn of one sign, as in tables and contents; a very long one reads as several signs, for
# the same reason.
_RULE = re.compile(rf"([^\w\s]|_)\1{{3,{_LONGEST - 1}}}")


def blank_rules(text: str) -> str:
    """The same text with one sign and blanks for each line drawn of more than three: what a model
    is to read. Every other character stays where it is.

    Each sign of "+-----+-----+" is a word piece, and together they say nothing.
    """
    return _RULE.sub(lambda rule: rule[1].ljust(len(rule[0])), text)


class Pieces:
    """Word pieces by the code points at which they start and end, in order."""

    def __init__(self, spans: npt.NDArray[np.integer]) -> None:
        """`spans` is an (n, 2) array, as an encoder's `spans` gives it."""
        table = np.asarray(spans, dtype=np.int64).reshape(-1, 2)
        starts, ends = table[:, 0], table[:, 1]
        parts = np.maximum(1, -(-(ends - starts) // _LONGEST))
        if parts.max(initial=1) > 1:
            rank = np.arange(int(parts.sum())) - np.repeat(np.cumsum(parts) - parts, parts)
            starts, ends = np.repeat(starts, parts) + rank * _LONGEST, np.repeat(ends, parts)
            ends = np.minimum(starts + _LONGEST, ends)
        self._starts: Ints = starts
        self._ends: Ints = ends

    def within(self, places: Sequence[Place]) -> tuple[Ints, Ints]:
        """For each place its first piece, and the one after its last: two (n,) arrays."""
        table = np.array(places, dtype=np.int64).reshape(-1, 2)
        return (
            np.searchsorted(self._ends, table[:, 0], side="right"),
            np.searchsorted(self._starts, table[:, 1], side="left"),
        )

    def split(self, text: str, place: Place, tokens: int) -> Iterator[Place]:
        """A place in parts of at most `tokens` pieces, cut at a line end, else at white space."""
        start, end = place
        last = int(np.searchsorted(self._starts, end, side="left"))
        first = int(np.searchsorted(self._ends, start, side="right"))
        while last - first > tokens:
            limit = int(self._starts[first + tokens])
            cut = _cut(text, max(start, int(self._starts[first + tokens // 2])), limit)
            cut = max(cut, start + 1)  # several pieces of one character: nothing to cut between
            yield start, start + len(text[start:cut].rstrip())
            ink = _INK.search(text, cut, end)
            if ink is None:
                return
            start = ink.start()
            first = int(np.searchsorted(self._ends, start, side="right"))
        yield start, end


def _cut(text: str, least: int, limit: int) -> int:
    line = text.rfind("\n", least, limit)
    if line >= 0:
        return line
    return next((at for at in range(limit - 1, least, -1) if text[at].isspace()), limit)
