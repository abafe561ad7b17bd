"""The first stage: candidates by meaning and by words, each under the same mask of rows, each with
both scores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lepton_local.search.conditions import Masks, holding
from lepton_local.search.lexical import (
    Weighed,
    ideal_score,
    lexical_scores,
    question_words,
    weigh,
    worth_scoring,
)
from lepton_local.search.question import Question
from lepton_local.store.bridge import distinct
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth a closer look. rows: (n,) int64 over the whole index; dense, lexical: (n,)
    float64.
    """

    rows: np.ndarray
    dense: np.ndarray  # cosines
    lexical: np.ndarray  # BM25
    ideal: float  # BM25 of a passage that holds every word of the question without end
    corrections: Mapping[str, str] = field(
        default_factory=dict
    )  # word asked -> term searched in its place
    seconds: Mapping[str, float] = field(default_factory=dict)


def retrieve(
    index: Index,
    question: Question,
    vector: np.ndarray | None,
    masks: Masks,
    *,
    n: int,
    lexical: bool,
) -> Candidates:
    """The best `n` by each retriever that is asked for, joined.

    vector: (dim,) float32 unit row, or None to search by words alone; masks: what `row_masks` gave,
    from which rows are struck that turn out not to hold a phrase; lexical: whether to search by
    words.
    """
    began = time.perf_counter()
    asked, corrections = question_words(index, question.text) if lexical else ([], {})
    words = weigh(index, asked)
    pairs = zip(index.segments, masks, strict=True)
    pools = [_Pool(segment, mask, question.phrases) for segment, mask in pairs]
    found: list[list[np.ndarray]] = [[] for _ in pools]
    seconds = {}
    if lexical:
        for number, pool in enumerate(pools):
            found[number].append(pool.best(_by_words(index, number, words, pool.mask), n))
        seconds["lexical"] = time.perf_counter() - began
    began = time.perf_counter()
    if vector is not None:
        for number, pool in enumerate(pools):
            found[number].append(pool.best(_by_meaning(index, number, vector, pool.mask), n))
    rows, cosines, counted = [], [], []
    for number, segment in enumerate(index.segments):
        near = distinct(np.concatenate(found[number])).astype(np.int64)
        rows.append(near + index.offsets[number])
        counted.append(lexical_scores(index, number, words, near))
        cosines.append(np.zeros(len(near)) if vector is None else segment.cosines(vector, near))
    if vector is not None:
        seconds["dense"] = time.perf_counter() - began
    # The best of each segment are more than the best of all: an index of many segments must not
    # look at passages that a fresh one would not.
    empty = np.empty(0)
    joined = Candidates(
        np.concatenate(rows or [empty]).astype(np.int64),
        np.concatenate(cosines or [empty]),
        np.concatenate(counted or [empty]),
        ideal_score(words),
        corrections,
        seconds,
    )
    chosen = np.zeros(len(joined.rows), dtype=bool)
    if lexical:
        chosen[_top(joined.lexical, n)] = True
    if vector is not None:
        chosen[_best(joined.dense, n)] = True
    return replace(
        joined,
        rows=joined.rows[chosen],
        dense=joined.dense[chosen],
        lexical=joined.lexical[chosen],
    )


# n -> rows of a segment: its best n, and what ties with the last of them
Find = Callable[[int], np.ndarray]


def _by_words(index: Index, number: int, words: Sequence[Weighed], mask: np.ndarray) -> Find:
    def find(n: int) -> np.ndarray:
        rows = worth_scoring(index, number, words, mask, n)
        return np.asarray(rows[_best(lexical_scores(index, number, words, rows), n)])

    return find


def _by_meaning(index: Index, number: int, vector: np.ndarray, mask: np.ndarray) -> Find:
    return lambda n: index.segments[number].nearest(vector, n, mask)


class _Pool:
    """The rows of a segment that a question may find. Whether one holds the phrases is read when it
    would be found, and not before: of the rows that hold common words, few are.
    """

    def __init__(self, segment: Segment, mask: np.ndarray, phrases: Sequence[str]) -> None:
        self.mask = mask
        self._segment, self._phrases = segment, phrases
        self._read = np.zeros(len(mask) if phrases else 0, dtype=bool)

    def best(self, find: Find, n: int) -> np.ndarray:
        """The best `n` rows of those that hold the phrases, and perhaps some more, in no order."""
        most = n
        while True:
            rows = find(most)
            if not self._phrases:
                return rows
            self._strike(rows)
            held = rows[self.mask[rows]]
            if len(held) >= n or len(rows) < most:
                return np.asarray(held)
            most = 2 * n * len(rows) // max(len(held), 1)
            if 4 * most > np.count_nonzero(self.mask):
                self._strike(np.flatnonzero(self.mask))
                most = n

    def _strike(self, rows: np.ndarray) -> None:
        """Read those of `rows` that have not been read, and strike the ones without the phrases."""
        new = np.sort(rows[~self._read[rows]])
        self._read[new] = True
        self.mask[new] = holding(self._segment, self._phrases, new)


def _top(scores: np.ndarray, n: int) -> np.ndarray:
    """The rows of the best `n` scores above zero, and of all that tie with the last of them."""
    rows = np.flatnonzero(scores > 0)
    return np.asarray(rows[_best(scores[rows], n)])


def _best(scores: np.ndarray, n: int) -> np.ndarray:
    """(rows,) bool: the best `n` scores, and all that tie with the last of them."""
    if len(scores) <= n:
        return np.ones(len(scores), dtype=bool)
    return np.asarray(scores >= np.partition(scores, len(scores) - n)[len(scores) - n])
