"""Packing of units (sentences, lines) into windows of at most so many word pieces. Knows numbers
only, no text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

PLAIN, PARAGRAPH, SECTION, PIECE = 0, 1, 2, 3  # what a unit opens; a piece is one of code

# A window that is this full may end at a better place than the last unit that fits.
_FULL_AT_PIECE = 0.2
_FULL_AT_SECTION = 0.5
_FULL_AT_PARAGRAPH = 0.8
_FULL = {PIECE: _FULL_AT_PIECE, SECTION: _FULL_AT_SECTION, PARAGRAPH: _FULL_AT_PARAGRAPH}
_TINY = 0.25  # a last window below this is levelled with the one before


@dataclass(frozen=True, slots=True)
class Units:
    """Units in order, one entry of each sequence a unit. Unit i has the word pieces `first[i]` to
    `last[i]` (exclusive).
    """

    first: Sequence[int]
    last: Sequence[int]
    opens: Sequence[int]  # PLAIN, PARAGRAPH, SECTION or PIECE
    keeps: Sequence[
        bool
    ]  # stays with the unit after it: a heading, or words that lead up to something

    def size(self, start: int, end: int) -> int:
        """Word pieces of the units from `start` to `end` (exclusive)."""
        return self.last[end - 1] - self.first[start] if end > start else 0


def pack(units: Units, start: int, end: int, *, tokens: int, overlap: int) -> list[tuple[int, int]]:
    """Windows over the units `start` to `end` (exclusive), as (first unit, end) pairs that leave
    none out.

    Each unit holds at most `tokens` pieces, and so does each window. A window repeats the last
    units of the one before, up to `overlap` pieces, unless it opens a section.
    """
    cuts = [start]
    begins = [start]  # where each window begins, with the units that it repeats
    while True:
        begin, fresh = begins[-1], cuts[-1]
        fits = bisect_right(units.last, units.first[begin] + tokens, fresh + 1, end)
        if begin < fresh and fits < end and units.size(fresh, fits) < tokens * _FULL_AT_SECTION:
            begin = begins[-1] = (
                fresh  # what it repeats leaves no room for a long unit: repeat nothing
            )
            fits = bisect_right(units.last, units.first[begin] + tokens, fresh + 1, end)
        if fits >= end:
            break
        cut = _cut(units, begin, fresh, fits, tokens)
        cuts.append(cut)
        begins.append(_begin(units, fresh, cut, tokens, overlap))
    if len(cuts) > 1 and units.size(cuts[-1], end) < tokens * _TINY:
        cuts[-1] = cut = _level(units, begins[-2], cuts[-2], cuts[-1], end, tokens)
        begins[-1] = _begin(units, cuts[-2], cut, tokens, overlap)
        if units.size(begins[-1], end) > tokens:
            begins[-1] = cut
    return list(zip(begins, [*cuts[1:], end], strict=True))


def _cut(units: Units, begin: int, fresh: int, fits: int, tokens: int) -> int:
    """Where to end the window that begins at `begin` and could take the units up to `fits`."""
    cut = fits
    for kind, full in _FULL.items():
        at = fits
        while at > fresh + 1 and units.opens[at] < kind and units.size(begin, at) >= tokens * full:
            at -= 1
        if units.opens[at] >= kind and units.size(begin, at) >= tokens * full:
            cut = at
            break
    while cut > fresh + 1 and units.keeps[cut - 1]:
        cut -= 1
    return cut if not units.keeps[cut - 1] else fits


def _begin(units: Units, fresh: int, cut: int, tokens: int, overlap: int) -> int:
    """The unit that the window after `cut` begins with, so that it repeats the end of the one
    before.
    """
    begin = cut
    if units.opens[cut] >= SECTION:
        return cut
    while (
        begin > fresh + 1 and units.size(begin - 1, cut) <= overlap and not units.keeps[begin - 1]
    ):
        begin -= 1
        if units.opens[begin] >= SECTION:
            break
    while begin < cut and units.size(begin, cut + 1) > tokens:
        begin += 1
    return begin


def _level(units: Units, begin: int, fresh: int, cut: int, end: int, tokens: int) -> int:
    """The cut that makes the last two windows, from `begin` to `end`, most alike."""

    def cost(at: int) -> float:
        # A better boundary is worth an imbalance of a tenth of a window for each grade.
        return abs(units.size(begin, at) - units.size(at, end)) - units.opens[at] * tokens / 10

    fit = (
        at
        for at in range(fresh + 1, end)
        if max(units.size(begin, at), units.size(at, end)) <= tokens and not units.keeps[at - 1]
    )
    return min(fit, key=cost, default=cut)
