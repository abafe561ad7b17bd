"""The first stage: candidates by meaning and by words, of the same rows, each with both scores."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from lepton_local.search.conditions import Find, Pool
from lepton_local.search.lexical import (
    Counted,
    counted,
    ideal_score,
    lexical_scores,
    worth_scoring,
)
from lepton_local.store.bridge import distinct
from lepton_local.store.index import Index
from lepton_local.types import Term


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth a closer look. rows: (n,) int64 over the whole index; dense, lexical: (n,)
    float64.
    """

    rows: np.ndarray
    dense: np.ndarray  # cosines
    lexical: np.ndarray  # BM25
    ideal: float  # BM25 of a passage that holds every word of the question without end
    seconds: Mapping[str, float] = field(default_factory=dict)


def retrieve(
    index: Index,
    pools: Sequence[Pool],
    *,
    vector: np.ndarray | None,
    terms: Sequence[Term] | None,
    n: int,
) -> Candidates:
    """The best `n` by each retriever that is asked for, joined.

    pools: a segment's each; vector: (dim,) float32 unit row, or None to search by words alone;
    terms: None to search by meaning alone.
    """
    began = time.perf_counter()
    found: list[list[np.ndarray]] = [[] for _ in pools]
    seconds = {}
    words = [counted(each.lexical, terms or (), index.statistics) for each in index.segments]
    if terms is not None:
        for number, pool in enumerate(pools):
            found[number].append(pool.best(_by_words(words[number], pool.mask), n))
        seconds["lexical"] = time.perf_counter() - began
    began = time.perf_counter()
    if vector is not None:
        for number, pool in enumerate(pools):
            found[number].append(pool.best(_by_meaning(index, number, vector, pool.mask), n))
    rows, cosines, by_words = [], [], []
    for number, segment in enumerate(index.segments):
        near = distinct(np.concatenate(found[number])).astype(np.int64)
        rows.append(near + index.offsets[number])
        by_words.append(lexical_scores(words[number], near))
        asked = segment.text.cosines(vector, near) if vector is not None else np.zeros(len(near))
        cosines.append(asked)
    if vector is not None:
        seconds["dense"] = time.perf_counter() - began
    # The best of each segment are more than the best of all: an index of many segments must not
    # look at passages that a fresh one would not.
    empty = np.empty(0)
    joined = Candidates(
        np.concatenate(rows or [empty]).astype(np.int64),
        np.concatenate(cosines or [empty]),
        np.concatenate(by_words or [empty]),
        ideal_score(terms or ()),
        seconds,
    )
    chosen = np.zeros(len(joined.rows), dtype=bool)
    if terms is not None:
        chosen[_top(joined.lexical, n)] = True
    if vector is not None:
        chosen[_best(joined.dense, n)] = True
    return replace(
        joined,
        rows=joined.rows[chosen],
        dense=joined.dense[chosen],
        lexical=joined.lexical[chosen],
    )


def _by_words(words: Counted, mask: np.ndarray) -> Find:
    def find(n: int) -> np.ndarray:
        rows = worth_scoring(words, mask, n)
        return np.asarray(rows[_best(lexical_scores(words, rows), n)])

    return find


def _by_meaning(index: Index, number: int, vector: np.ndarray, mask: np.ndarray) -> Find:
    return lambda n: index.segments[number].text.nearest(vector, n, mask)


def _top(scores: np.ndarray, n: int) -> np.ndarray:
    """The rows of the best `n` scores above zero, and of all that tie with the last of them."""
    rows = np.flatnonzero(scores > 0)
    return np.asarray(rows[_best(scores[rows], n)])


def _best(scores: np.ndarray, n: int) -> np.ndarray:
    """(rows,) bool: the best `n` scores, and all that tie with the last of them."""
    if len(scores) <= n:
        return np.ones(len(scores), dtype=bool)
    return np.asarray(scores >= np.partition(scores, len(scores) - n)[len(scores) - n])
