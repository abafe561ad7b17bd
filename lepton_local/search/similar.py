"""Documents like another: each compared as a whole, and shown by the two passages that are most
alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_local.search.asked import MOST, Asked, spread
from lepton_local.search.conditions import Masks, Pool
from lepton_local.search.hits import one_a_document, rank
from lepton_local.search.retrieve import retrieve
from lepton_local.store.bridge import to_numpy
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT
from lepton_local.types import Hit

SIDES = 8  # passages of what was asked for that are searched by, beside the mean of all
AHEAD = 4  # times as many documents are compared as are wanted
NEW = 0.2  # of a document's worth is that it is unlike those that are shown already


def similar(index: Index, asked: Asked, within: Masks, *, k: int) -> list[Hit]:
    """The `k` documents most like what was asked for, of the rows `within`: near in the mean of
    their passages' vectors, and each unlike those before it (maximal marginal relevance,
    https://doi.org/10.1145/290941.291025).

    A hit is the passage of its document that is most like one of what was asked for; `like` is that
    one. Its score is the cosine of the means.
    """
    mean = unit(asked.vectors.sum(axis=0))
    sides = asked.vectors[spread(len(asked.vectors), SIDES)]
    queries = [mean, *sides] if len(asked.vectors) > 1 else [mean]
    most = 20 * k  # a document has many passages
    while True:
        found = _candidates(index, asked, within, queries, most)
        told = index.take_documents(found, ["first_row", "rows"]).to_pylist()
        places = zip(found.tolist(), told, strict=True)
        compared = [_compared(index, number, each, asked, mean) for number, each in places]
        hits = _hits(index, asked, compared, most=2 * AHEAD * k)
        if len(hits) >= k or most >= index.rows:
            return _varied(hits, {each.row: each.mean for each in compared}, k)
        most *= 8


@dataclass(frozen=True, slots=True)
class Compared:
    """A document beside what was asked for."""

    row: int  # its passage that is most like one of what was asked for,
    side: int  # and which that is
    cosine: float  # of these two
    mean: np.ndarray  # (dim,) float64, of its passages, a unit vector
    score: float


def _candidates(
    index: Index, asked: Asked, within: Masks, queries: Sequence[np.ndarray], most: int
) -> np.ndarray:
    """Numbers of the documents that have a passage near one of `queries`, ascending."""
    rows = []
    for query in queries:
        pools = [
            Pool(segment, mask & ~own)
            for segment, mask, own in zip(index.segments, within, asked.own, strict=True)
        ]
        vector = query.astype(np.float32)
        rows.append(retrieve(index, pools, vectors={TEXT: vector}, terms=None, n=most).rows)
    table = index.take_passages(np.unique(np.concatenate(rows)), ["document"])
    return np.unique(to_numpy(table.column(0)))


def _compared(
    index: Index, number: int, told: Mapping[str, int], asked: Asked, mean: np.ndarray
) -> Compared:
    segment = int(np.searchsorted(index.document_offsets, number, side="right")) - 1
    rows = index.offsets[segment] + told["first_row"] + spread(told["rows"], MOST)
    vectors = index.take_vectors(rows).astype(np.float64)
    cosines = vectors @ asked.vectors.T
    row, side = np.unravel_index(int(cosines.argmax()), cosines.shape)
    own = unit(vectors.sum(axis=0))
    return Compared(int(rows[row]), int(side), float(cosines[row, side]), own, float(own @ mean))


def _hits(
    index: Index, asked: Asked, compared: Sequence[Compared], *, most: int
) -> list[tuple[int, Hit]]:
    """A hit a document, the best `most` of them first, and the row of each."""
    if not compared:
        return []
    rows = np.array([each.row for each in compared], dtype=np.int64)
    scores = np.array([each.score for each in compared])
    votes = {"dense": np.array([each.cosine for each in compared])}
    hits, found = rank(index, rows, scores, votes, most=min(most, len(rows)))
    best = set(map(id, one_a_document(hits)))
    side = {each.row: each.side for each in compared}
    return [
        (row, replace(hit, relevance=min(max(hit.score, 0), 1), like=asked.passage(side[row])))
        for row, hit in zip(found, hits, strict=True)
        if id(hit) in best
    ]


def _varied(hits: Sequence[tuple[int, Hit]], means: dict[int, np.ndarray], k: int) -> list[Hit]:
    """`k` of the hits, each the best by its score and by how little it is like those before it."""
    left = list(hits[: AHEAD * k])
    shown: list[np.ndarray] = []
    chosen: list[Hit] = []
    while left and len(chosen) < k:
        worth = [
            (1 - NEW) * hit.score
            - NEW * max((float(means[row] @ each) for each in shown), default=0)
            for row, hit in left
        ]
        row, hit = left.pop(int(np.argmax(worth)))
        shown.append(means[row])
        chosen.append(hit)
    return chosen


def unit(vector: np.ndarray) -> np.ndarray:
    """A vector of the same direction, of length one."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
