"""The conditions of a question: which passages it may find at all."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence, Set

import numpy as np

from lepton_local.corpus.words import spelt
from lepton_local.rights import Person, Rights
from lepton_local.search.filters import Filter, document_mask, filter_for, parse_filter, readable_by
from lepton_local.search.proof import proof
from lepton_local.searched import Condition, Part
from lepton_local.store.bridge import take
from lepton_local.store.index import Index
from lepton_local.store.segment import Segment

Masks = list[np.ndarray]  # per segment, (rows,) bool
Find = Callable[[int], np.ndarray]  # n -> the best n rows, and what ties with the last of them
BLOCK = 16_384  # passages whose text is in memory at a time: 12 MB


def document_rows(index: Index, filters: Sequence[Filter]) -> Masks:
    """The live rows of the documents for which every filter holds."""
    masks = []
    for segment, live in zip(index.segments, index.live, strict=True):
        mask = live.copy()
        if filters:
            chosen = document_mask(filters, segment.column, segment.entry.documents)
            mask &= np.repeat(chosen, segment.document_rows)
        masks.append(mask)
    return masks


def narrowed(index: Index, filters: Sequence[str], person: Person | None = None) -> Index:
    """An index as if it held only the documents for which all filters hold, and that a person may
    read: whatever is asked of it, the others are not found, counted, weighed or told of.

    person: None: whoever may read all of it. An index that does not know who may read what shows a
    person with a name or groups nothing, and whoever has neither everything. Raises InputError for
    an unknown filter.
    """
    asked = [parse_filter(each) for each in filters]
    rights = index.manifest.rights
    if person is not None and (rights is not None or person != Person()):
        asked.append(readable_by(person, rights or Rights((), {})))
    if not asked:
        return index
    live = document_rows(index, asked)
    return Index(index.segments, live, manifest=index.manifest, storage=index.storage)


def having(index: Index, within: Masks, fields: Set[str]) -> Masks:
    """Of the rows `within`, those that have a vector of one of these fields; all, where none is
    named.
    """
    if not fields:
        return within
    found = []
    for segment, mask in zip(index.segments, within, strict=True):
        there = np.zeros(len(mask), dtype=bool)
        for name in fields & segment.fields.keys():
            there[segment.fields[name].rows()] = True
        found.append(mask & there)
    return found


def told_of(index: Index, part: Part, within: Masks, also: Masks) -> Masks:
    """The rows `also`, and those `within` that hold all words of a part."""
    languages = index.statistics.languages
    return [
        more | (mask & _holds_words(segment, part.value.lower(), languages))
        for segment, mask, more in zip(index.segments, within, also, strict=True)
    ]


def rows_on(index: Index, filters: Sequence[Condition], *, day: datetime.date) -> Masks:
    """What filters leave on a day: "30d" is another time tomorrow."""
    del day
    return document_rows(index, [filter_for(each) for each in filters])


class Pool:
    """The rows of a segment that a question may find: `mask`, (rows,) bool.

    Whether a phrase stands in a row, or a word that was left out, the text must say. That of an
    `unread` row (rows,) is read when the row would be found, and not before: of the rows that hold
    common words, few are.
    """

    def __init__(
        self,
        segment: Segment,
        mask: np.ndarray,
        unread: np.ndarray | None = None,
        text: Conditions | None = None,
    ) -> None:
        self.mask = mask
        self._segment, self._unread, self._text = segment, unread, text

    def best(self, find: Find, n: int) -> np.ndarray:
        """The best `n` rows that the question may find, and perhaps some more, in no order.

        find: looks at `mask`.
        """
        most = n
        while True:
            rows = find(most)
            if self._text is None:
                return rows
            held = self.among(rows)
            if len(held) >= n or len(rows) < most:
                return held
            most = 2 * n * len(rows) // max(len(held), 1)
            if 4 * most > np.count_nonzero(self.mask):
                self._strike(np.flatnonzero(self.mask))
                most = n

    def among(self, rows: np.ndarray) -> np.ndarray:
        """Those of some rows, (n,), that the question may find."""
        if self._text is not None:
            self._strike(rows)
        return np.asarray(rows[self.mask[rows]])

    def _strike(self, rows: np.ndarray) -> None:
        """Read those of `rows` that are unread, and strike the ones that may not be found."""
        assert self._text is not None
        assert self._unread is not None
        new = np.sort(rows[self._unread[rows]])
        self._unread[new] = False
        self.mask[new] = self._text.hold(self._segment, new)


class Conditions:
    """What a question asks of a passage's text or heading path."""

    def __init__(self, asked: Sequence[Condition]) -> None:
        """Raises InputError for a regular expression that is none."""
        proofs = [([proof(part) for part in each.parts], each.excluded) for each in asked]
        self._proofs = sorted(proofs, key=lambda each: each[1])  # what is wanted leaves fewer
        self._spoken = any(part.kind == "word" for each in asked for part in each.parts)

    def hold(self, segment: Segment, rows: np.ndarray) -> np.ndarray:
        """Which of these rows (n,), ascending, meet them all: (n,) bool."""
        held = np.ones(len(rows), dtype=bool)
        languages = np.array(_languages(segment, rows) if self._spoken else [""] * len(rows))
        for first in range(0, len(rows), BLOCK):
            table = segment.passages.take(rows[first : first + BLOCK], ["heading", "text"])
            mask, spoken = held[first : first + BLOCK], languages[first : first + BLOCK]
            for proofs, excluded in self._proofs:
                left = np.flatnonzero(mask)
                if not len(left):
                    break
                some = table if len(left) == len(mask) else take(table, left)
                found = np.zeros(len(left), dtype=bool)
                for holds in proofs:
                    found |= holds(some, spoken[left])
                mask[left] = found ^ excluded
        return held


def _languages(segment: Segment, rows: np.ndarray) -> list[str]:
    """The language of each of these rows (n,)."""
    column = segment.column("language")
    documents = np.searchsorted(np.cumsum(segment.document_rows), rows, side="right")
    names = column.values.to_pylist()
    return [names[code] for code in column.codes[documents].tolist()]


def pools(index: Index, asked: Sequence[Condition], within: Masks) -> list[Pool]:
    """Of the rows `within`, those that a question with these conditions may find, as far as the
    words of the index tell: a phrase stands only where all its words do.
    """
    if not asked:
        return [
            Pool(segment, mask.copy()) for segment, mask in zip(index.segments, within, strict=True)
        ]
    text, found = Conditions(asked), []
    for segment, allowed in zip(index.segments, within, strict=True):
        mask = allowed.copy()
        unread = np.zeros(len(mask), dtype=bool)
        for each in sorted(asked, key=lambda each: each.excluded):
            may = np.zeros(len(mask), dtype=bool)
            for part in each.parts:
                may |= _may_hold(segment, part, index.statistics.languages)
            if each.excluded:
                unread |= mask & may
            else:
                mask &= may
                unread = mask.copy()
        found.append(Pool(segment, mask, unread & mask, text))
    return found


def _may_hold(segment: Segment, part: Part, languages: Sequence[str]) -> np.ndarray:
    """(rows,) bool: rows in which it may stand, as far as the words of the index tell."""
    if part.kind in ("phrase", "word"):
        return _holds_words(segment, part.value.lower(), languages)
    return np.ones(segment.entry.rows, dtype=bool)


def _holds_words(segment: Segment, phrase: str, languages: Sequence[str]) -> np.ndarray:
    """(rows,) bool: rows with all words of a phrase in some language's form; the phrase is looked
    for in these alone.
    """
    rows = segment.entry.rows
    found = np.zeros(rows, dtype=bool)
    for language in languages or ("en",):
        held = np.ones(rows, dtype=bool)
        for word in phrase.split():
            held &= _holds_any(segment, spelt(word, language=language))
        found |= held
    return found


def _holds_any(segment: Segment, spellings: Sequence[set[str]]) -> np.ndarray:
    """(rows,) bool: rows with all terms of one of these sets."""
    found = np.zeros(segment.entry.rows, dtype=bool)
    for wanted in spellings:
        counts = np.zeros(len(found), dtype=np.int32)
        for term in wanted:
            counts[segment.lexical.rows_of(term)[0]] += 1
        found |= counts == len(wanted)
    return found
