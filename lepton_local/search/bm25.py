"""BM25 as formulas. Nothing here knows where the counts are kept.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); the idf is
Lucene's, which is never negative: see Kamphuis et al., "Which BM25 do you mean?" (2020).
"""

from __future__ import annotations

import math

import numpy as np

K1 = 0.9  # how soon a repeated word stops adding
# how much a long passage is held back; both as in Anserini, and confirmed on this project's
# development sets
B = 0.4


def idf(document_frequency: int, documents: int) -> float:
    """How telling a term is that stands in `document_frequency` of `documents` passages."""
    return math.log(1.0 + (documents - document_frequency + 0.5) / (document_frequency + 0.5))


def saturation(counts: np.ndarray, lengths: np.ndarray, average_length: float) -> np.ndarray:
    """What `counts` of a term are worth in passages of `lengths` terms. All (n,), float64; between
    0 and 1.
    """
    norm = K1 * (1.0 - B + B * lengths / average_length)
    return np.asarray(counts / (counts + norm))
