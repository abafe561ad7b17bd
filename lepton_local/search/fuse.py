"""How the scores of several stages become one. Pure formulas over arrays.

A convex combination of normalised scores keeps what rank fusion throws away, the distances between
scores: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
"""

from __future__ import annotations

import numpy as np

from lepton_local.models.calibration import Rerank

LEXICAL_WEIGHT = 0.25  # share of the words in a hybrid score; the rest is the meaning's
FOREIGN_WEIGHT = 0.7  # that share where the encoder was not made for the question's language


def hybrid(
    dense: np.ndarray, lexical: np.ndarray, ideal: float, *, weight: float = LEXICAL_WEIGHT
) -> np.ndarray:
    """One score (n,) from cosines, on the common scale, and BM25 scores of the same passages, both
    (n,). weight: share of the words.
    """
    return (1 - weight) * dense + weight * matched(lexical, ideal)


def share_of_words(learnt: float | None, *, foreign: bool) -> float:
    """What words count in a hybrid score: what was learnt, but for questions in a language that the
    encoder was not made for.
    """
    if foreign:
        return FOREIGN_WEIGHT
    return LEXICAL_WEIGHT if learnt is None else learnt


def matched(lexical: np.ndarray, ideal: float) -> np.ndarray:
    """BM25 scores (n,) as shares of the geometric mean of the best one here and the ideal one.

    `ideal` is the score of a passage that holds every word of the question without end. Divided by
    the best score alone, words would count in full where no passage shares many; divided by the
    ideal alone, they would count too little in a long question.
    """
    best = float(lexical.max(initial=0.0))
    scale = (best * ideal) ** -0.5 if best > 0 else 0.0
    return np.asarray(lexical * scale)


def judged(fused: np.ndarray, relevance: np.ndarray, *, how: Rerank) -> np.ndarray:
    """The final score (n,) from fused scores, best first, and a reranker's logits (m,) of the
    first m; the others count as irrelevant, and so stay below.

    A judge that finds nothing relevant is asked about what it does not know, and its order of the
    passages is worth little: its share grows with its best logit.
    """
    share = how.share * _probability(relevance.max() - how.certain)
    probable = np.zeros(len(fused))
    probable[: len(relevance)] = _probability(relevance / how.temperature)
    return np.asarray((1 - share) * fused + share * probable)


# How probable it is that a passage is relevant: a line in its score, in logits, by the mode and by
# whether a reranker had its say. Fitted by `bench.py relevance` to development sets, and to
# questions of other sets, to which nothing is relevant.
_RELEVANCE = {
    ("hybrid", True): (6.3, -4.3),
    ("hybrid", False): (9.1, -5.7),
    ("dense", True): (7.7, -5.5),
    ("dense", False): (9.2, -6.2),
    ("lexical", True): (4.7, -3.4),
    ("lexical", False): (5.6, -3.7),
}


def relevance(scores: np.ndarray, *, mode: str, judged: bool) -> np.ndarray:
    """How probably each passage is what was asked for (n,), by its final score (n,)."""
    slope, intercept = _RELEVANCE[mode, judged]
    return _probability(slope * scores + intercept)


def unjudged(scores: np.ndarray) -> np.ndarray:
    """The logits (n,) of how probably passages are what was asked for, by hybrid scores (n,)."""
    slope, intercept = _RELEVANCE["hybrid", False]
    return slope * scores + intercept


def _probability(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))
