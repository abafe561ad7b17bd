"""Files that are asked for by their names: a question that is one finds that file first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from lepton_local.corpus.words import fold, plain
from lepton_local.searched import Term
from lepton_local.store.bridge import distinct
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment

Rows = tuple[int, int]  # of a document, over the whole index: the first, and behind the last
NAME = "name"  # the stage of the search that this is
LONGEST = 200  # characters of a question that may be a name
MOST = 2_000  # documents whose names are compared: a word of more is no name that anybody chose


def named(
    index: Index, asked: str, terms: Sequence[Term], corrections: Mapping[str, str]
) -> list[Rows]:
    """The rows of each file whose name is all that was asked.

    The name may have its folders before it, and lack its ending; white space, hyphens and the like
    do not matter. Words of names are terms of their passages: so only files with the rarest term
    are looked at.
    """
    known = [term for term in terms if term.passages]
    if len(asked) > LONGEST or asked.rstrip().endswith("?") or not known:
        return []
    meant = re.sub(r"\w+", lambda word: corrections.get(word[0], word[0]), asked)
    wanted = {_key(asked), _key(meant)} - {""}
    rarest = min(known, key=lambda term: term.passages)
    found = []
    for segment, live, offset in zip(index.segments, index.live, index.offsets, strict=False):
        rows = segment.lexical.rows_of_any(rarest.forms)[0]
        ends = np.cumsum(segment.document_rows)
        documents = distinct(np.searchsorted(ends, rows[live[rows]], side="right")).tolist()
        for each in documents if len(documents) <= MOST else ():
            if _is_named(segment, each, wanted):
                end = int(offset + ends[each])
                found.append((end - int(segment.document_rows[each]), end))
    return found


def bonus(rows: np.ndarray, scores: np.ndarray, named: Sequence[Rows]) -> np.ndarray:
    """1 for the passage of each file with the best score, 0 for all others: (n,), from rows (n,)
    over the whole index and their scores (n,). No other score is above 1.
    """
    found = np.zeros(len(rows))
    for first, end in named:
        own = np.flatnonzero((first <= rows) & (rows < end))
        if len(own):
            found[own[np.argmax(scores[own])]] = 1.0
    return found


def _is_named(segment: Segment, document: int, wanted: set[str]) -> bool:
    """Whether a document may be asked for in this way; none that is one of many in its file."""

    def told(column: str) -> str:
        found = segment.column(column)
        return str(found.values[int(found.codes[document])])

    path = told("path")
    if not any(_key(PurePosixPath(path).stem) in each for each in wanted) or told("key"):
        return False
    return not wanted.isdisjoint(_names(PurePosixPath(told("root")) / path))


def _names(path: PurePosixPath) -> Iterator[str]:
    for first in range(len(path.parts)):
        for name in (path, path.with_suffix("")):
            yield _key("/".join(name.parts[first:]))


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", fold(plain(name)))
