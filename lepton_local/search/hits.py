"""Rows of the index become hits, in an order that does not depend on how the index is cut into
segments. Equal passages become one hit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lepton_local.corpus.pieces import blank_rules
from lepton_local.models.roles import PassageText
from lepton_local.search.copies import copies
from lepton_local.store.bridge import to_numpy
from lepton_local.store.index import Index
from lepton_local.store.typed import strings
from lepton_local.types import Hit, Mark, Passage, Place, Source, Vote

_PASSAGE = ["document", "start", "end", "text", "mark", "heading", "line", "column", "text_digest"]
_PLACE = ["mark", "heading", "line", "column"]
_SOURCE = ["root", "path", "size", "mtime_ns", "digest"]
_DOCUMENT = [*_SOURCE, "key", "title", "exact", "format", "date", "metadata"]

Columns = dict[str, Any]
Where = tuple[str, str, str, int]  # path, document, root, start: the order of equal scores


def rank(
    index: Index,
    rows: np.ndarray,
    scores: np.ndarray,
    votes: Mapping[str, np.ndarray],
    *,
    most: int,
) -> tuple[list[Hit], list[int]]:
    """The `most` best passages as hits, best first, and the row of each; ties stand in the order of
    path and offset. Rows with equal passages are one hit.

    rows (n,) over the whole index; scores (n,); votes: stage -> its scores (n,).
    """
    if not len(rows):
        return [], []
    kinds, kind = np.unique(copies(index, rows), return_inverse=True)
    best = np.full(len(kinds), -np.inf)
    np.maximum.at(best, kind, scores)
    last = np.sort(best)[-min(most, len(best))]
    chosen = np.flatnonzero(best[kind] >= last)
    ranks = {stage: _ranks(given) for stage, given in votes.items()}
    equal: dict[int, list[tuple[float, Where, int, Place, Columns, Columns]]] = {}
    members = index.members_of(rows[chosen]).tolist()
    read = _read(index, rows[chosen])
    for row, member, (passage, document) in zip(chosen.tolist(), members, read, strict=True):
        place = _place(str(index.members[member].path), passage, document)
        one = (-float(scores[row]), _where(place), row, place, passage, document)
        equal.setdefault(int(kind[row]), []).append(one)
    hits, found = [], []
    for first, *others in sorted(sorted(group) for group in equal.values())[:most]:
        _, _, row, place, passage, document = first
        digest = passage.pop("text_digest").hex()
        elsewhere = {_where(place): place for *_, place, _, _ in reversed(others)}
        elsewhere.pop(_where(place), None)  # two indexes may hold one file
        found.append(int(rows[row]))
        why = tuple(
            Vote(stage, int(ranks[stage][row]), float(given[row]))
            for stage, given in votes.items()
            if abs(given[row]) > 0  # words that were not found, vectors that lack, have no say
        )
        hits.append(
            Hit(
                Passage(**{**passage, "document": place.document}, digest=digest),
                Source(**{name: document[name] for name in _SOURCE}),
                document["title"],
                document["exact"],
                float(scores[row]),
                place.index,
                why,
                also=tuple(elsewhere[where] for where in sorted(elsewhere)),
                format=document["format"],
                date=document["date"],
                metadata=strings(document["metadata"]),
                **{name: passage[name] for name in _PLACE},
            )
        )
    return hits, found


def openings(
    index: Index, hits: Sequence[Hit], rows: Sequence[int]
) -> tuple[list[Hit], list[list[Mark]]]:
    """The first passages of the documents of hits, of these rows, each with the best score of its
    document, and the marks of each document.
    """
    best: dict[int, float] = {}
    firsts = index.first_rows(np.array(rows, dtype=np.int64))
    for row, hit in zip(firsts.tolist(), hits, strict=True):
        best[row] = max(hit.score, best.get(row, hit.score))
    scores = np.array(list(best.values()))
    found, its = rank(index, np.array(list(best), dtype=np.int64), scores, {}, most=len(best))
    return found, marks_of(index, its)


def _read(index: Index, rows: np.ndarray) -> Iterator[tuple[Columns, Columns]]:
    """What is stored of the passages of these rows (n,), and of their documents."""
    passages = index.take_passages(rows, _PASSAGE)
    numbers, back = np.unique(to_numpy(passages.column("document")), return_inverse=True)
    documents = index.take_documents(numbers, _DOCUMENT).to_pylist()
    for passage, number in zip(passages.to_pylist(), back, strict=True):
        yield passage, documents[number]


def _place(index: str, passage: Columns, document: Columns) -> Place:
    path, key = document["path"], document["key"]
    name = f"{path}#{key}" if key else path
    where = (passage[each] for each in ("mark", "line", "start", "end"))
    return Place(index, document["root"], path, name, *where)


def _where(place: Place) -> Where:
    return place.path, place.document, place.root, place.start


def one_a_document(hits: Sequence[Hit]) -> list[Hit]:
    """The best hit of each document; none of a document that is named beside a better hit."""
    seen: set[tuple[str, str]] = set()
    found = []
    for hit in hits:
        if (hit.root, hit.passage.document) not in seen:
            found.append(hit)
            seen.add((hit.root, hit.passage.document))
            seen.update((place.root, place.document) for place in hit.also)
    return found


def order(hit: Hit) -> tuple[float, Where]:
    """The sort key of hits: score, then where they stand."""
    return -hit.score, where(hit)


def where(hit: Hit) -> Where:
    """The place of a hit: no two of a search share it."""
    return hit.path, hit.passage.document, hit.root, hit.passage.start


def passage_text(hit: Hit) -> PassageText:
    """What a reranker or reader sees of a hit: title and heading path, and the text without rules,
    every word of it where it stands.
    """
    heading = hit.passage.heading
    if not heading.startswith(hit.title):
        heading = f"{hit.title} > {heading}" if heading else hit.title
    return PassageText(heading, blank_rules(hit.passage.text))


def marks_of(index: Index, rows: Sequence[int]) -> list[list[Mark]]:
    """The marks of the document of each passage."""
    taken = index.take_passages(np.array(rows, dtype=np.int64), ["document"])
    numbers = to_numpy(taken.column(0))
    marks = index.take_documents(numbers, ["marks"]).column(0).to_pylist()
    return [[Mark(**mark) for mark in each] for each in marks]


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Rank of each score, from 1; equal scores share the better rank."""
    ordered = np.sort(-scores)
    return np.searchsorted(ordered, -scores, side="left") + 1
