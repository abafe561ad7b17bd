"""What a ranking by words must know of all passages together, wherever these lie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.store.bridge import distinct
from lepton_local.store.lexical import Found, counts_in
from lepton_local.store.segment import Segment


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the passages that are live, and of no other."""

    rows: int
    terms: int  # of all of them together
    languages: tuple[str, ...]  # of their documents, sorted
    # How many hold any of some terms, for each of several such: all at once, for they may lie far
    # away.
    frequencies: Callable[[Sequence[Sequence[str]]], list[int]]

    @property
    def average_length(self) -> float:
        """Terms a passage."""
        return self.terms / max(self.rows, 1) or 1.0


def statistics_of(segments: Sequence[Segment], live: Sequence[np.ndarray]) -> Statistics:
    """Those of segments of which the rows that `live` allows, (rows,) bool each, count."""
    deleted = [np.flatnonzero(~mask) for mask in live]
    rows = sum(map(len, live)) - sum(map(len, deleted))

    def frequency(terms: Sequence[str]) -> int:
        found = (segment.lexical.rows_of_any(terms) for segment in segments)
        return sum(_live(one, gone) for one, gone in zip(found, deleted, strict=True))

    def frequencies(many: Sequence[Sequence[str]]) -> list[int]:
        return list(map(frequency, many))

    terms = 0
    for segment, gone in zip(segments, deleted, strict=True):
        lengths = segment.lexical.lengths
        terms += int(lengths.sum()) - int(lengths[gone].sum())
    spoken: set[str] = set()
    for segment, mask in zip(segments, live, strict=True):
        spoken |= _languages(segment, mask)
    return Statistics(rows, terms, tuple(sorted(spoken)), frequencies)


def _live(found: Found, deleted: np.ndarray) -> int:
    """How many of the rows that hold a word are live."""
    return len(found[0]) - int(np.count_nonzero(counts_in(found, deleted)))


def _languages(segment: Segment, live: np.ndarray) -> set[str]:
    column = segment.column("language")
    codes = column.codes
    if not live.all():
        codes = codes[segment.live_documents(live)]
    names = column.values.to_pylist()
    return {names[code] for code in distinct(codes).tolist()}
