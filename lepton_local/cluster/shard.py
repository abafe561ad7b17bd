"""A part of an index, searched by a process that keeps it open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lepton_local.cluster.machines import Process
from lepton_local.search.lexical import ideal_score
from lepton_local.search.lookup import Look, Lookup, filtered, finder
from lepton_local.search.retrieve import Candidates
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.index import Index, live_mask
from lepton_local.store.manifest import Manifest
from lepton_local.store.segment import Segment
from lepton_local.store.statistics import Statistics
from lepton_local.store.ticket import Ticket

Placed = tuple[Ticket, SegmentEntry]  # a segment, and where its index lies
Facts = tuple[int, int, tuple[str, ...]]  # rows, terms and languages: see Statistics


class Shard(Process):
    """Some segments that follow one another. What words weigh is told by all passages of the index
    together, so every candidate gets the scores that one machine would give it.
    """

    def __init__(self, manifest: Manifest, placed: Sequence[Placed], first: int) -> None:
        """first: the row of the whole index with which these segments begin."""
        self._manifest, self._placed, self._first = manifest, placed, first

    def open(self, version: str) -> Facts:
        """Open the segments, and tell what is counted in them. Raises StoreError."""
        places = sorted({place for place, _ in self._placed})
        self.hello(version, [path for place in places for path in place.paths])
        at = {place: place.open() for place in places}
        opened = [Segment(at[place], entry) for place, entry in self._placed]
        live = [live_mask(at[place], entry) for place, entry in self._placed]
        self._index = Index(opened, live, manifest=self._manifest, storage=at[places[0]])
        self._own = self._index.statistics
        self._look = finder(self._index, filtered(self._index))
        return self._own.rows, self._own.terms, self._own.languages

    def frequencies(self, many: Sequence[Sequence[str]]) -> list[int]:
        """See `Statistics`, of these segments alone."""
        return self._own.frequencies(many)

    def count(self, lookup: Lookup, facts: Facts) -> int:
        """How many rows a lookup leaves of these segments. facts: of all."""
        return self._looked(lookup, facts).count()

    def find(self, lookup: Lookup, facts: Facts, n: int) -> Candidates:
        """The best candidates of these segments. facts: of all."""
        found = self._looked(lookup, facts).find(n)
        return replace(found, rows=found.rows + self._first)

    def _looked(self, lookup: Lookup, facts: Facts) -> Look:
        self._index.statistics = Statistics(*facts, self._own.frequencies)
        named = tuple((begin - self._first, end - self._first) for begin, end in lookup.named)
        return self._look(replace(lookup, named=named))


def summed(facts: Sequence[Facts]) -> Facts:
    """What is counted in several parts together."""
    languages = {name for _, _, spoken in facts for name in spoken}
    return sum(each[0] for each in facts), sum(each[1] for each in facts), tuple(sorted(languages))


def together(parts: Sequence[Candidates], lookup: Lookup) -> Candidates:
    """What several parts found, in the order of their rows; not yet cut to the best of all."""
    none = np.empty(0)
    stages = {stage for part in parts for stage in part.seconds}
    return Candidates(
        np.concatenate([none, *(part.rows for part in parts)]).astype(np.int64),
        {
            name: np.concatenate([none, *(part.cosines[name] for part in parts)])
            for name in lookup.vectors
        },
        np.concatenate([none, *(part.lexical for part in parts)]),
        ideal_score(lookup.terms or ()),
        left=any(part.left for part in parts),
        seconds={stage: max(part.seconds.get(stage, 0.0) for part in parts) for stage in stages},
    )
