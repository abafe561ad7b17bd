"""Passages against the words of a question: BM25, and which passages are worth the counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.search.bm25 import idf, saturation
from lepton_local.search.words import Word
from lepton_local.searched import Term
from lepton_local.store.lexical import Found, Lexical, counts_in
from lepton_local.store.statistics import Statistics


def weigh(statistics: Statistics, words: Sequence[Word]) -> tuple[Term, ...]:
    """Words with their weights by statistics over all live rows, in an order that does not depend
    on how the index is cut: sums over them do not either.
    """
    weighed = []
    ordered = sorted(words)
    known = statistics.frequencies([word.forms for word in ordered])
    for word, passages in zip(ordered, known, strict=True):
        weight = word.weight * idf(passages, statistics.rows)
        weighed.append(Term(word.forms, weight, passages))
    return tuple(weighed)


def ideal_score(terms: Sequence[Term]) -> float:
    """BM25 of a passage that holds every word without end: no score is higher."""
    ideal = 0.0
    for term in terms:
        ideal += term.weight
    return ideal


@dataclass(frozen=True, slots=True)
class Counted:
    """The words of a question in the passages of one segment.

    found: each word's weight and postings; lengths: (rows,) int32, terms of each passage; average:
    that of all passages of the index.
    """

    found: tuple[tuple[float, Found], ...]
    lengths: np.ndarray
    average: float


def counted(lexical: Lexical, terms: Sequence[Term], statistics: Statistics) -> Counted:
    """Look the words of a question up in a segment."""
    found = tuple((term.weight, lexical.rows_of_any(term.forms)) for term in terms)
    return Counted(found, lexical.lengths, statistics.average_length)


def lexical_scores(words: Counted, rows: np.ndarray) -> np.ndarray:
    """BM25 of `rows` of the segment: (n,) float64."""
    lengths = words.lengths[rows]
    scores = np.zeros(len(rows))
    for weight, found in words.found:
        scores += weight * saturation(counts_in(found, rows), lengths, words.average)
    return scores


def worth_scoring(words: Counted, mask: np.ndarray, n: int) -> np.ndarray:
    """Rows of the segment that `mask` (rows,) allows: the `n` best by BM25, all that tie with
    the last of them, and a few that only exact scores can tell from these.

    Rare words first. Once `n` rows score more by those than all other words together could give,
    a row without them has no chance: the common words are only looked up in the rows that are left,
    which become fewer with each. MaxScore: Turtle and Flood, "Query Evaluation: Strategies and
    Optimizations" (1995).
    """
    lengths = words.lengths
    ideal = left = sum(weight for weight, _ in words.found)
    slack = 1e-5 * ideal  # what float32 may lose
    every = np.zeros(len(mask), dtype=np.float32)
    rows: np.ndarray | None = None  # those that are left, once not every row is
    for weight, found in sorted(words.found, key=lambda each: -each[0]):
        left -= weight
        if rows is None:
            holders, counts = found
            every[holders] += _worth(weight, counts, lengths[holders], words.average)
            if left > ideal / 2:
                continue  # no row can have scored more than what is left
            some = np.flatnonzero(mask & (every > 0))
            scores = every[some]
        else:
            some = rows
            counts = counts_in(found, some)
            scores = scores + _worth(weight, counts, lengths[some], words.average)
        least = np.partition(scores, len(some) - n)[-n] - left - slack if len(some) > n else 0.0
        if rows is not None or least > 0:
            rows = some[scores >= least]
            scores = scores[scores >= least]
    return rows if rows is not None else np.flatnonzero(mask & (every > 0))


def _worth(weight: float, counts: np.ndarray, lengths: np.ndarray, average: float) -> np.ndarray:
    """What counts (n,) of a word add to a score, in float32."""
    few, long = counts.astype(np.float32), lengths.astype(np.float32)
    return np.float32(weight) * saturation(few, long, average)
