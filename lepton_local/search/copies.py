"""Equal passages among rows of an index: copies of a file, a paragraph that many files repeat."""

from __future__ import annotations

from collections import Counter

import numpy as np

from lepton_local.store.bridge import to_numpy
from lepton_local.store.index import Index
from lepton_local.store.pictured import Depicted
from lepton_local.store.typed import strings


def copies(index: Index, rows: np.ndarray) -> np.ndarray:
    """(n,) int64: numbers that rows (n,) share when, and only when, their heading path and text are
    equal, and of pictures these too.

    Such rows have equal vectors, which lie at hand; so digests are read only where vectors agree.
    """
    numbers = np.arange(len(rows))
    vectors = [vector.tobytes() for vector in index.take_vectors(rows)]
    known = Counter(vectors)
    alike = np.flatnonzero([known[vector] > 1 for vector in vectors])
    if len(alike):
        digests = index.take_passages(rows[alike], ["text_digest"]).column(0)
        first: dict[bytes, int] = {}
        seen = _pictures(index, rows[alike])
        pairs = zip(digests.to_pylist(), seen, alike.tolist(), strict=True)
        numbers[alike] = [first.setdefault(text + picture, row) for text, picture, row in pairs]
    return numbers


def _pictures(index: Index, rows: np.ndarray) -> list[bytes]:
    """The digest of the picture that each of these rows (n,) is; none of a text."""
    if not any(member.manifest.config.pictures for member in index.members):
        return [b""] * len(rows)
    numbers = to_numpy(index.take_passages(rows, ["document"]).column(0))
    told = index.take_documents(numbers, ["metadata"]).column(0).to_pylist()
    found = (Depicted.of(strings(each)) for each in told)
    return [each.digest.encode() if each is not None else b"" for each in found]
