"""Documents like one that is indexed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lepton_local.errors import InputError
from lepton_local.search.conditions import Pool, document_rows
from lepton_local.search.filters import cited_by
from lepton_local.search.hits import one_a_document, rank
from lepton_local.search.retrieve import retrieve
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT
from lepton_local.types import Hit


def similar(index: Index, path: str | Path, *, k: int) -> list[Hit]:
    """The best passage of each of the `k` documents nearest in meaning to the document, or file, at
    `path`: to the mean of its vectors.

    Raises InputError when no document of the index is cited by that path.
    """
    if not isinstance(path, str | Path):
        raise InputError(f"path is {path!r}, expected a string")
    own = document_rows(index, [cited_by(str(path))])
    if not any(mask.any() for mask in own):
        raise InputError(
            f"{path} is not in the index, expected a path as results cite it",
            advice=f"lepton-index explain {index.path} {path}",
        )
    total = np.zeros(index.manifest.encoder.dim)
    for segment, mask in zip(index.segments, own, strict=True):
        total += segment.text.vectors[mask].astype(np.float64).sum(axis=0)
    vector = (total / np.linalg.norm(total)).astype(np.float32)
    others = [
        Pool(segment, live & ~mask)
        for segment, live, mask in zip(index.segments, index.live, own, strict=True)
    ]
    most = 20 * k  # a document has many passages, and the best of each document is wanted
    while True:
        found = retrieve(index, others, vectors={TEXT: vector}, terms=None, n=most)
        cosines = found.cosines[TEXT]
        hits, _ = rank(index, found.rows, cosines, {"dense": cosines}, most=most)
        best = one_a_document(hits)
        if len(best) >= k or most >= index.rows:
            return best[:k]
        most *= 8
