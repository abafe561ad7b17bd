"""How the scores of several stages become one. Pure formulas over arrays.

A convex combination of normalised scores keeps what rank fusion throws away, the distances between
scores: Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2023).
"""

from __future__ import annotations

import numpy as np

LEXICAL_WEIGHT = 0.4  # share of the words in a hybrid score; the rest is the meaning's
RELEVANCE_WEIGHT = 0.3  # share of the reranker's judgement in the final score


def normalise(scores: np.ndarray, floor: float) -> np.ndarray:
    """Scores (n,) as shares of the way from `floor`, the least a score can be, to the best one
    here.
    """
    best = float(scores.max(initial=floor))
    return (scores - floor) / (best - floor) if best > floor else np.zeros(len(scores))


def hybrid(dense: np.ndarray, lexical: np.ndarray) -> np.ndarray:
    """One score (n,) from cosines and BM25 scores of the same passages, both (n,)."""
    meaning, words = normalise(dense, 0.0), normalise(lexical, 0.0)
    return (1 - LEXICAL_WEIGHT) * meaning + LEXICAL_WEIGHT * words


def judged(fused: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    """The final score (n,) from fused scores and a reranker's logits of the same passages, both
    (n,).
    """
    return (1 - RELEVANCE_WEIGHT) * fused + RELEVANCE_WEIGHT / (1 + np.exp(-relevance))


def unjudged(fused: float) -> float:
    """The final score of a passage that no reranker looked at: as if it were irrelevant, so it
    stays below those seen.
    """
    return (1 - RELEVANCE_WEIGHT) * fused
