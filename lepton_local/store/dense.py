"""Nearest vectors of one segment by an exact scan, and exact scores for whatever rows any search
proposes.

Scores are cosines. The stored float16 numbers are the truth: `exact` multiplies them in float64,
row by row, so that a passage's score does not depend on which segment it lies in, on the block it
was scanned with, or on threads.
"""

from __future__ import annotations

import numpy as np

from lepton_local.store.arrays import RowsOf

# A segment of so many numbers, 30,000 rows of 384, is scanned in 15 ms: loading FAISS takes longer.
EXACT_NUMBERS = 11_520_000
FEW_ROWS = 8_192  # so many rows that a filter leaves are scanned, whatever the segment's size
ROUNDING = 1e-12  # float64 sums of one product may differ by so much from block to block
# Rows widened at a time: they stay in a core's cache. To float64, which numpy makes of float16 in
# two thirds of the time that float32 takes it.
BLOCK = 1024


def scan(vectors: RowsOf, question: np.ndarray, n: int, mask: np.ndarray) -> np.ndarray:
    """The rows of the `n` best cosines among those that `mask` allows, in no order, and those that
    only rounding sets apart from the last of them.

    vectors: (rows, dim) float16; question: (dim,) float32; mask: (rows,) bool. Brute force, so the
    recall is 1.
    """
    scores = np.empty(len(vectors))
    wide = question.astype(np.float64)
    for first in range(0, len(vectors), BLOCK):
        block = vectors[first : first + BLOCK].astype(np.float64)
        np.matmul(block, wide, out=scores[first : first + BLOCK])
    scores[~mask] = -np.inf
    n = min(n, int(np.count_nonzero(mask)))
    if not n:
        return np.empty(0, dtype=np.int64)
    last = np.partition(scores, len(scores) - n)[len(scores) - n]
    return np.flatnonzero(scores >= last - ROUNDING)


def exact(vectors: RowsOf, question: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Cosines of `rows`, (n,) float64; a block at a time, for ties may make them many."""
    cosines = np.empty(len(rows), dtype=np.float64)
    wide = question.astype(np.float64)
    for first in range(0, len(rows), BLOCK):
        block = vectors[rows[first : first + BLOCK]].astype(np.float64)
        cosines[first : first + BLOCK] = (block * wide).sum(axis=1)
    return cosines
