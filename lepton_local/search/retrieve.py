"""The first stage: candidates by meaning and by words, of the same rows, each with both scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from lepton_local.search.conditions import Find, Pool
from lepton_local.search.lexical import (
    Counted,
    counted,
    ideal_score,
    lexical_scores,
    worth_scoring,
)
from lepton_local.searched import Term
from lepton_local.store.bridge import distinct
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment

_NONE = np.empty(0)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth a closer look. rows: (n,) int64 over the whole index; else (n,) float64."""

    rows: np.ndarray
    cosines: Mapping[str, np.ndarray]  # by field; NaN where a passage has no vector
    lexical: np.ndarray  # BM25
    ideal: float  # BM25 of a passage that holds every word of the question without end
    left: bool = True  # whether the question may find any passage
    missing: float = 0.0  # share of all passages that could not be asked
    seconds: Mapping[str, float] = field(default_factory=dict)


def retrieve(
    index: Index,
    pools: Sequence[Pool],
    *,
    vectors: Mapping[str, np.ndarray],
    terms: Sequence[Term] | None,
    n: int,
    named: Sequence[tuple[int, int]] = (),
) -> Candidates:
    """The best `n` by each retriever that is asked for, joined.

    pools: a segment's each; vectors: field -> (dim,) float32 unit row, none to search by words
    alone; terms: None to search by meaning
    """
    began = time.perf_counter()
    found = [
        [pool.among(np.arange(*each) - first) for each in named if first <= each[0] < end]
        for pool, (first, end) in zip(pools, pairwise(index.offsets.tolist()), strict=True)
    ]
    seconds = {}
    words = [counted(each.lexical, terms or (), index.statistics) for each in index.segments]
    if terms is not None:
        for number, pool in enumerate(pools):
            found[number].append(pool.best(_by_words(words[number], pool.mask), n))
        seconds["lexical"] = time.perf_counter() - began
    began = time.perf_counter()
    for name, vector in vectors.items():
        for number, (segment, pool) in enumerate(zip(index.segments, pools, strict=True)):
            if name in segment.fields:
                found[number].append(pool.best(_by_meaning(segment, name, vector, pool.mask), n))
    rows, by_words = [], []
    cosines: dict[str, list[np.ndarray]] = {name: [] for name in vectors}
    for number, segment in enumerate(index.segments):
        near = distinct(np.concatenate([_NONE, *found[number]])).astype(np.int64)
        rows.append(near + index.offsets[number])
        by_words.append(lexical_scores(words[number], near))
        for name, vector in vectors.items():
            cosines[name].append(_cosines(segment, name, vector, near))
    if vectors:
        seconds["dense"] = time.perf_counter() - began
    every = Candidates(
        np.concatenate([_NONE, *rows]).astype(np.int64),
        {name: np.concatenate([_NONE, *each]) for name, each in cosines.items()},
        np.concatenate([_NONE, *by_words]),
        ideal_score(terms or ()),
        seconds=seconds,
        left=any(pool.mask.any() for pool in pools),
    )
    return cut(every, n=n, named=named, by_words=terms is not None)


def cut(
    found: Candidates, *, n: int, named: Sequence[tuple[int, int]], by_words: bool
) -> Candidates:
    """The best `n` by each retriever, and those that are named. The best of each segment are more
    than the best of all: an index of many segments must not look at passages that a fresh one would
    not.
    """
    chosen = np.zeros(len(found.rows), dtype=bool)
    for first, end in named:
        chosen |= (first <= found.rows) & (found.rows < end)
    if by_words:
        chosen[_top(found.lexical, n)] = True
    for near in found.cosines.values():
        there = np.flatnonzero(~np.isnan(near))
        chosen[there[_best(near[there], n)]] = True
    cosines = {name: each[chosen] for name, each in found.cosines.items()}
    return replace(found, rows=found.rows[chosen], cosines=cosines, lexical=found.lexical[chosen])


def _cosines(segment: Segment, name: str, vector: np.ndarray, rows: np.ndarray) -> np.ndarray:
    if name not in segment.fields:
        return np.full(len(rows), np.nan)
    return segment.fields[name].cosines(vector, rows)


def _by_words(words: Counted, mask: np.ndarray) -> Find:
    def find(n: int) -> np.ndarray:
        rows = worth_scoring(words, mask, n)
        return np.asarray(rows[_best(lexical_scores(words, rows), n)])

    return find


def _by_meaning(segment: Segment, name: str, vector: np.ndarray, mask: np.ndarray) -> Find:
    return lambda n: segment.fields[name].nearest(vector, n, mask)


def _top(scores: np.ndarray, n: int) -> np.ndarray:
    """The rows of the best `n` scores above zero, and of all that tie with the last of them."""
    rows = np.flatnonzero(scores > 0)
    return np.asarray(rows[_best(scores[rows], n)])


def _best(scores: np.ndarray, n: int) -> np.ndarray:
    """(rows,) bool: the best `n` scores, and all that tie with the last of them."""
    if len(scores) <= n:
        return np.ones(len(scores), dtype=bool)
    return np.asarray(scores >= np.partition(scores, len(scores) - n)[len(scores) - n])
