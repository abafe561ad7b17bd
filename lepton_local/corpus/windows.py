"""Packing of units (sentences, lines) into windows of at most so many word pieces. Knows numbers
only, no text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

PLAIN, PARAGRAPH, SECTION, PIECE = 0, 1, 2, 3  # what a unit opens; a piece is one of code

# A window that is this full may end at a better place than the last unit that fits.
_FULL_AT_PIECE = 0.2
_FULL_AT_SECTION = 0.5
_FULL_AT_PARAGRAPH = 0.8
_FULL = {PIECE: _FULL_AT_PIECE, SECTION: _FULL_AT_SECTION, PARAGRAPH: _FULL_AT_PARAGRAPH}
_UNITS = 4096  # of a window at most: a text may have millions that have no piece
_TINY = 0.25  # a last window below this is levelled with the one before


class Unit(NamedTuple):
    """The code points `start` to `end` of a text, which have the word pieces `first` to `last`
    (both without the last).
    """

    start: int
    end: int
    first: int
    last: int
    opens: int  # PLAIN, PARAGRAPH, SECTION or PIECE
    headed: bool  # is part of a heading
    keeps: bool  # stays with the unit after it: a heading, or words that lead up to something
    region: int  # counted from 0: no window leaves one


def pack(units: Iterable[Unit], *, tokens: int, overlap: int) -> Iterator[Sequence[Unit]]:
    """Windows over units, in order, that leave none out.

    Each unit holds at most `tokens` pieces, and so does each window. A window repeats the last
    units of the one before, up to `overlap` pieces, unless it opens a section. Of the units, those
    of three windows are held at a time.
    """
    coming = iter(units)
    held: list[Unit] = []
    before: tuple[int, int] | None = None  # `begin` and `fresh` of the window before
    begin = fresh = 0  # where a window begins, with the units that it repeats, and without them
    while True:
        fits = _fits(held, coming, begin, fresh, tokens)
        full = _size(held, fresh, fits) >= tokens * _FULL_AT_SECTION
        if begin < fresh and fits < len(held) and not full:
            begin = fresh  # what it repeats leaves no room for a long unit: repeat nothing
            fits = _fits(held, coming, begin, fresh, tokens)
        if fits == len(held):
            break
        cut = _cut(held, begin, fresh, fits, tokens)
        if before is not None:
            yield held[before[0] : fresh]
        next_begin = _begin(held, fresh, cut, tokens, overlap)
        del held[:begin]
        before = 0, fresh - begin
        begin, fresh = next_begin - begin, cut - begin
    if before is not None:
        if _size(held, fresh, len(held)) < tokens * _TINY:
            fresh = _level(held, *before, fresh, tokens)
            begin = _begin(held, before[1], fresh, tokens, overlap)
            if _size(held, begin, len(held)) > tokens:
                begin = fresh
        yield held[before[0] : fresh]
    if held:
        yield held[begin:]


def _size(units: Sequence[Unit], start: int, end: int) -> int:
    """Word pieces of the units from `start` to `end` (exclusive)."""
    return units[end - 1].last - units[start].first if end > start else 0


def _fits(held: list[Unit], coming: Iterator[Unit], begin: int, fresh: int, tokens: int) -> int:
    """The end of the units that a window from `begin` on can take, one behind `fresh` at least. The
    unit after them is held as well, if there is one.
    """
    most = begin + _UNITS
    while len(held) <= fresh + 1 or (
        held[-1].last <= held[begin].first + tokens and len(held) <= most
    ):
        unit = next(coming, None)
        if unit is None:
            break
        held.append(unit)
    if len(held) <= fresh + 1:
        return len(held)
    last = attrgetter("last")
    return min(bisect_right(held, held[begin].first + tokens, fresh + 1, key=last), most)


def _cut(units: Sequence[Unit], begin: int, fresh: int, fits: int, tokens: int) -> int:
    """Where to end the window that begins at `begin` and could take the units up to `fits`."""
    cut = fits
    for kind, full in _FULL.items():
        at = fits
        while (
            at > fresh + 1 and units[at].opens < kind and _size(units, begin, at) >= tokens * full
        ):
            at -= 1
        if units[at].opens >= kind and _size(units, begin, at) >= tokens * full:
            cut = at
            break
    while cut > fresh + 1 and units[cut - 1].keeps:
        cut -= 1
    return cut if not units[cut - 1].keeps else fits


def _begin(units: Sequence[Unit], fresh: int, cut: int, tokens: int, overlap: int) -> int:
    """The unit that the window after `cut` begins with, so that it repeats the end of the one
    before.
    """
    begin = cut
    if units[cut].opens >= SECTION:
        return cut
    while (
        begin > fresh + 1 and _size(units, begin - 1, cut) <= overlap and not units[begin - 1].keeps
    ):
        begin -= 1
        if units[begin].opens >= SECTION:
            break
    while begin < cut and _size(units, begin, cut + 1) > tokens:
        begin += 1
    return begin


def _level(units: Sequence[Unit], begin: int, fresh: int, cut: int, tokens: int) -> int:
    """The cut that makes the last two windows, from `begin` to the end, most alike."""
    end = len(units)

    def cost(at: int) -> float:
        # A better boundary is worth an imbalance of a tenth of a window for each grade.
        uneven = abs(_size(units, begin, at) - _size(units, at, end))
        return uneven - units[at].opens * tokens / 10

    fit = (
        at
        for at in range(fresh + 1, end)
        if max(_size(units, begin, at), _size(units, at, end)) <= tokens and not units[at - 1].keeps
    )
    return min(fit, key=cost, default=cut)
