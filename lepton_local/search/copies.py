"""Equal passages among rows of an index: copies of a file, a paragraph that many files repeat."""

from __future__ import annotations

from collections import Counter

import numpy as np

from lepton_local.store.index import Index


def copies(index: Index, rows: np.ndarray) -> np.ndarray:
    """(n,) int64: numbers that rows (n,) share when, and only when, their heading path and text are
    equal.

    Such rows have equal vectors, which lie at hand; so digests are read only where vectors agree.
    """
    numbers = np.arange(len(rows))
    vectors = [vector.tobytes() for vector in index.take_vectors(rows)]
    known = Counter(vectors)
    alike = np.flatnonzero([known[vector] > 1 for vector in vectors])
    if len(alike):
        digests = index.take_passages(rows[alike], ["text_digest"]).column(0)
        first: dict[bytes, int] = {}
        pairs = zip(digests.to_pylist(), alike.tolist(), strict=True)
        numbers[alike] = [first.setdefault(digest, row) for digest, row in pairs]
    return numbers
