"""What a question looks for among the passages of an index, and who looks: this process, or those
of a cluster.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Protocol

import numpy as np

from lepton_local.search.conditions import Masks, Pool, having, pools, rows_on, told_of
from lepton_local.search.named import Rows
from lepton_local.search.retrieve import Candidates, retrieve
from lepton_local.searched import Condition, Term
from lepton_local.store.index import Index

FILTERS_KEPT = 16  # sets of filters whose rows are remembered, a byte a row


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question as the passages are asked it."""

    conditions: tuple[Condition, ...]  # of their text
    filters: tuple[Condition, ...]  # of their documents
    day: datetime.date  # that it is: "30d" is another time tomorrow
    vectors: Mapping[str, np.ndarray]  # by field, (dim,) each
    terms: tuple[Term, ...] | None  # None: to search by meaning alone
    named: tuple[Rows, ...]  # rows that are candidates in any case
    only: frozenset[str] = frozenset()  # fields whose rows alone are looked at; none: all rows
    moment: Condition | None = None  # days: those of documents, and perhaps words that tell of them


@dataclass(frozen=True, slots=True)
class Look:
    """The passages that filters and a moment leave, to be looked at."""

    count: Callable[[], int]  # how many there are
    find: Callable[[int], Candidates]  # n -> the best n by each retriever


Finder = Callable[[Lookup], Look]
Spread = Callable[[Index], tuple[Index, Finder]]  # an index as others count it, who look in it


class Within(Protocol):
    """What gives the rows that filters leave on a day, and remembers some."""

    def __call__(self, filters: tuple[Condition, ...], /, *, day: datetime.date) -> Masks: ...

    def cache_clear(self) -> None: ...


def filtered(index: Index) -> Within:
    """The rows of an index that filters leave; the last sets of filters are remembered."""
    return lru_cache(FILTERS_KEPT)(partial(rows_on, index))


def finder(index: Index, within: Within) -> Finder:
    """Who looks in an index here."""

    def look(lookup: Lookup) -> Look:
        @cache
        def masks() -> Masks:
            every = having(index, within(lookup.filters, day=lookup.day), lookup.only)
            if lookup.moment is None:
                return every
            dated, *told = lookup.moment.parts
            then = within((*lookup.filters, Condition((dated,))), day=lookup.day)
            then = having(index, then, lookup.only)
            return told_of(index, told[0], every, then) if told else then

        @cache
        def allowed() -> list[Pool]:
            return pools(index, lookup.conditions, masks())

        def find(n: int) -> Candidates:
            vectors, terms, named = lookup.vectors, lookup.terms, lookup.named
            return retrieve(index, allowed(), vectors=vectors, terms=terms, n=n, named=named)

        return Look(lambda: sum(map(np.count_nonzero, masks())), find)

    return look
