"""Rows of the index become hits, in an order that does not depend on how the index is cut into
segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lepton_local.models.roles import PassageText
from lepton_local.store.bridge import to_numpy
from lepton_local.store.index import Index
from lepton_local.types import Hit, Mark, Passage, Source, Vote

_PASSAGE = ["document", "start", "end", "text", "mark", "heading", "line", "column"]
_SOURCE = ["root", "path", "size", "mtime_ns", "digest"]
_DOCUMENT = [*_SOURCE, "key", "title", "exact"]


def rank(
    index: Index,
    rows: np.ndarray,
    scores: np.ndarray,
    votes: Mapping[str, np.ndarray],
    *,
    most: int,
) -> list[Hit]:
    """The `most` best rows as hits, best first; ties stand in the order of path and offset.

    rows (n,) over the whole index; scores (n,); votes: stage -> its scores (n,).
    """
    if len(rows) > most:
        last = np.partition(scores, len(scores) - most)[len(scores) - most]
        chosen = np.flatnonzero(scores >= last)
    else:
        chosen = np.arange(len(rows))
    if not len(chosen):
        return []
    places = {stage: _places(values) for stage, values in votes.items()}
    passages = index.take_passages(rows[chosen], _PASSAGE)
    numbers, back = np.unique(to_numpy(passages.column("document")), return_inverse=True)
    documents = index.take_documents(numbers, _DOCUMENT).to_pylist()
    found = []
    for row, p, number in zip(chosen.tolist(), passages.to_pylist(), back, strict=True):
        d = documents[number]
        source = Source(**{name: d[name] for name in _SOURCE})
        p["document"] = f"{source.path}#{d['key']}" if d["key"] else source.path
        why = tuple(
            Vote(stage, int(places[stage][row]), float(given[row]))
            for stage, given in votes.items()
            if given[row] != 0  # words that were not found have no say
        )
        found.append(
            Hit(
                Passage(**p),
                source,
                d["title"],
                d["exact"],
                float(scores[row]),
                int(rows[row]),
                why,
            )
        )
    return sorted(found, key=order)[:most]


def order(hit: Hit) -> tuple[float, str, str, str, int]:
    """The sort key of hits: score, then where they stand."""
    return -hit.score, hit.path, hit.passage.document, hit.root, hit.passage.start


def passage_text(hit: Hit) -> PassageText:
    """What a reranker or reader sees of a hit: title and heading path, and the text."""
    heading = hit.passage.heading
    if not heading.startswith(hit.title):
        heading = f"{hit.title} > {heading}" if heading else hit.title
    return PassageText(heading, hit.passage.text)


def marks_of(index: Index, hits: Sequence[Hit]) -> list[list[Mark]]:
    """The marks of each hit's document."""
    rows = np.array([hit.row for hit in hits], dtype=np.int64)
    numbers = to_numpy(index.take_passages(rows, ["document"]).column(0))
    marks = index.take_documents(numbers, ["marks"]).column(0).to_pylist()
    return [[Mark(**mark) for mark in each] for each in marks]


def _places(scores: np.ndarray) -> np.ndarray:
    """Rank of each score, from 1; equal scores share the better rank."""
    ordered = np.sort(-scores)
    return np.searchsorted(ordered, -scores, side="left") + 1
