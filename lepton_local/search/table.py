"""A table of answers: one row a document, one column a question.

Each document is searched for itself, as if there were no other: its passages are scored, the best
few judged and read. What the words of a question weigh is told by the whole index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from lepton_local.search.asking import Asking
from lepton_local.search.conditions import Masks, Pool, document_rows, pools
from lepton_local.search.filters import filter_for
from lepton_local.search.first import in_order
from lepton_local.search.lexical import Counted, counted, ideal_score, lexical_scores
from lepton_local.search.question import parse_filters
from lepton_local.search.retrieve import Candidates
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.types import Result

_NAMED = ["path", "key", "root", "title", "date"]


@dataclass(frozen=True, slots=True)
class Row:
    """A document, and what it says to each question, in their order."""

    index: str  # the folder of the index that holds it
    root: str
    path: str
    document: str  # as it is cited: `path`, or `path#key`
    title: str
    date: str
    cells: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A document in its segment: `rows` of the segment, from the first to behind the last."""

    document: str
    root: str
    path: str
    title: str
    date: str
    segment: int
    rows: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Column:
    """A question, and per segment what it may find and where its words stand."""

    ask: Asking
    allowed: Sequence[Pool]
    words: Sequence[Counted]


class Table:
    """The answers of each document for itself, in the order of their paths."""

    def __init__(
        self, searcher: Searcher, questions: Sequence[str], *, over: Sequence[str] = ()
    ) -> None:
        """questions: encoded once, here; over: filters, several in one string or each for itself,
        which must all hold for a document.

        Raises InputError for a blank question or an unknown filter.
        """
        self._searcher = searcher
        self._over = tuple(over)
        index = searcher.index
        wanted = [filter_for(each) for told in over for each in parse_filters(told)]
        within = document_rows(index, wanted)
        self._places = _places(searcher, within)
        asked = [searcher.asking(each) for each in questions]
        self._columns = [
            _Column(
                ask,
                pools(index, ask.question.conditions, _also(within, index, ask)),
                [counted(each.lexical, ask.terms, index.statistics) for each in index.segments],
            )
            for ask in asked
        ]

    def __len__(self) -> int:
        return len(self._places)

    @property
    def questions(self) -> list[str]:
        """What heads its columns."""
        return [column.ask.asked for column in self._columns]

    @property
    def about(self) -> dict[str, Any]:
        """All that its cells depend on, JSON-ready: where it is the same, the cells are."""
        index, config = self._searcher.index, self._searcher.config
        asked = [column.ask for column in self._columns]
        models = {m.digest for ask in asked for m in (ask.reranker, ask.reader) if m is not None}
        return {
            "indexes": [[str(m.path.absolute()), m.manifest.seal] for m in index.members],
            "questions": self.questions,
            "over": list(self._over),
            "mode": config.mode,
            "fields": list(self._searcher.fields.made),
            "depth": config.rerank_depth,
            "models": sorted(models),
        }

    def rows(self, *, skip: int = 0) -> Iterator[Row]:
        """A row a document, after the first `skip`; one is in memory at a time."""
        index = self._searcher.index
        for place in islice(self._places, skip, None):
            member = index.members_of(index.offsets[place.segment : place.segment + 1])
            yield Row(
                str(index.members[int(member[0])].path),
                place.root,
                place.path,
                place.document,
                place.title,
                place.date,
                tuple(self._cell(column, place) for column in self._columns),
            )

    def _cell(self, column: _Column, place: _Place) -> Result:
        searcher, ask = self._searcher, column.ask
        depth = searcher.config.rerank_depth
        rows = column.allowed[place.segment].among(np.arange(*place.rows))
        found = self._candidates(column, place.segment, rows)
        index, config = searcher.index, searcher.config
        hits, ranked = in_order(index, searcher.fields, found, ask, config=config, most=depth)
        judged = searcher.judged(ask, hits, ranked, k=depth, depth=depth if ask.judged else 0)
        return searcher.concluded(judged)

    def _candidates(self, column: _Column, segment: int, rows: np.ndarray) -> Candidates:
        """These rows (n,) of the segment, all of one document, as a search would find them."""
        index, ask = self._searcher.index, column.ask
        words = lexical_scores(column.words[segment], rows)
        if not ask.vectors and not ask.names:  # without any word, none is found by words
            rows, words = rows[words > 0], words[words > 0]
        fields = index.segments[segment].fields
        return Candidates(
            rows + index.offsets[segment],
            {
                name: fields[name].cosines(vector, rows)
                if name in fields
                else np.full(len(rows), np.nan)
                for name, vector in ask.vectors.items()
            },
            words,
            ideal_score(ask.terms),
        )


def _also(within: Masks, index: Index, ask: Asking) -> Masks:
    """Of these rows, those that the filters inside a question leave."""
    own = document_rows(index, [filter_for(each) for each in ask.question.filters])
    return [mask & each for mask, each in zip(within, own, strict=True)]


def _places(searcher: Searcher, within: Sequence[np.ndarray]) -> list[_Place]:
    """The documents of these rows, sorted by path, key and root."""
    found = []
    for number, (segment, mask) in enumerate(zip(searcher.index.segments, within, strict=True)):
        ends = np.cumsum(segment.document_rows)
        starts = ends - segment.document_rows
        chosen = np.flatnonzero(mask[starts])
        columns = [segment.column(name) for name in _NAMED]
        for document in chosen.tolist():
            path, key, root, title, date = (
                str(each.values[int(each.codes[document])].as_py()) for each in columns
            )
            name = f"{path}#{key}" if key else path
            rows = int(starts[document]), int(ends[document])
            found.append(_Place(name, root, path, title, date, number, rows))
    return sorted(found, key=lambda each: (each.path, each.document, each.root, each.segment))
