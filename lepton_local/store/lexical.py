"""Words of a segment: which passages hold a term, and how often. Counts only; what they are worth
is decided when a question is asked.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa

from lepton_local.store.arrays import as_array, rows_in, write_array
from lepton_local.store.bridge import distinct, to_numpy
from lepton_local.store.names import LENGTHS_FILE, POSTINGS_FILE, TERMS_FILE
from lepton_local.store.passages import Rows, write_table
from lepton_local.store.schema import TERMS
from lepton_local.store.storage import Mapped, Storage, StoredFile

# The vocabulary is read whole: 300,000 terms in 12 ms, where groups as small as those of passages
# take 46.
TERMS_PER_GROUP = 1 << 20
LOOKED_AT = 1 << 16  # postings of a term that are looked at one by one
PLACES_KEPT = 1024  # of terms in the vocabulary, that are remembered
# Postings that are in memory at a time when segments are joined: those counted, and those written,
# with five times as much to find their places.
COUNTED_POSTINGS = 1 << 20
JOINED_POSTINGS = 1 << 22

Found = tuple[np.ndarray, np.ndarray]  # rows that hold a term, ascending, and how often: (n,) each


@dataclass(frozen=True, slots=True)
class Postings:
    """Term counts of passages.

    vocabulary: sorted terms; first: (terms + 1,) int64, where each term's postings begin; blocks:
    the postings, (n, 2) int32 each, of (row, count), sorted by term, then row; lengths: (rows,)
    int32, terms in each passage.
    """

    vocabulary: Sequence[str]
    first: np.ndarray
    blocks: Iterable[np.ndarray]
    lengths: np.ndarray

    def write(self, storage: Storage, folder: str) -> dict[str, StoredFile]:
        """Write the three files of a segment's words."""
        terms = pa.table({"term": self.vocabulary, "first": self.first[:-1]}, schema=TERMS)
        named = f"{folder}/{TERMS_FILE}"
        words, _ = write_table(storage, named, [terms], TERMS, group=TERMS_PER_GROUP)
        shape, named = (int(self.first[-1]), 2), f"{folder}/{POSTINGS_FILE}"
        postings = write_array(storage, named, self.blocks, shape, np.int32)
        shape, named = self.lengths.shape, f"{folder}/{LENGTHS_FILE}"
        lengths = write_array(storage, named, [self.lengths], shape, np.int32)
        return {TERMS_FILE: words, POSTINGS_FILE: postings, LENGTHS_FILE: lengths}


def count(passages: Iterable[Sequence[str]], beside: Iterable[Sequence[str]] = ()) -> Postings:
    """Count the terms of passages; the i-th becomes row i.

    beside: terms that are no words of theirs, and sort before all that are. They can be looked up;
    their counts are 0, so that they add to no score and to no length.
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    ids = [np.array([numbers[term] for term in each], dtype=np.int64) for each in passages]
    lengths = np.array([len(each) for each in ids], dtype=np.int32)
    words = len(numbers)
    extra = [np.array([numbers[term] for term in each], dtype=np.int64) for each in beside]
    more = np.array([len(each) for each in extra] or lengths * 0, dtype=np.int64)
    order = sorted(numbers)
    rank = np.empty(len(order), dtype=np.int64)
    rank[[numbers[term] for term in order]] = np.arange(len(order))
    every = np.arange(len(ids), dtype=np.int64)
    rows = np.concatenate([np.repeat(every, lengths), np.repeat(every, more)])
    terms = rank[np.concatenate([*ids, *extra])] if len(order) else np.empty(0, dtype=np.int64)
    width = max(len(lengths), 1)
    keys, counts = np.unique(terms * width + rows, return_counts=True)
    counts[keys // width < len(order) - words] = 0
    postings = np.stack([keys % width, counts], axis=1).astype(np.int32)
    per_term = np.bincount(keys // width, minlength=len(order))
    first = np.concatenate([[0], np.cumsum(per_term)]).astype(np.int64)
    return Postings(order, first, [postings], lengths)


@dataclass(frozen=True, slots=True)
class _Part:
    """The words of a segment that is joined with others. keep: (rows,) bool; place: (terms,) each
    term's number among those of all segments, ascending; first: as in Postings; frequency:
    (terms,) how many of the rows that stay hold each. There are hundreds of parts.
    """

    open: Callable[[], Lexical]
    keep: np.ndarray
    place: np.ndarray
    first: np.ndarray
    frequency: np.ndarray


def merge(parts: Sequence[tuple[Callable[[], Lexical], np.ndarray]]) -> Postings:
    """Join the words of segments, in order, keeping of each only the rows that its mask allows.

    parts: (what opens the words of a segment, (rows,) bool). One segment is open at a time, and no
    posting is sorted: those of a term stand in the order of the parts, and in each part in order
    already.
    """
    vocabulary: set[str] = set()
    for opened, _ in parts:
        vocabulary.update(opened().vocabulary.to_pylist())
    order = sorted(vocabulary)
    number = {term: i for i, term in enumerate(order)}
    total = np.zeros(len(order), dtype=np.int64)
    joined, lengths = [], []
    for opened, keep in parts:
        lexical = opened()
        lexical.check_rows()
        terms = lexical.vocabulary.to_pylist()
        place = np.fromiter((number[term] for term in terms), np.int32, len(terms))
        frequency = _frequency(lexical, keep)
        joined.append(_Part(opened, keep, place, lexical.first, frequency))
        total[place] += frequency
        lengths.append(lexical.lengths[keep])
    first = np.concatenate([[0], np.cumsum(total)])
    there = total > 0  # a term may have lost its last passage
    return Postings(
        [term for term, used in zip(order, there.tolist(), strict=True) if used],
        np.append(first[:-1][there], first[-1]),
        _joined(joined, first),
        np.concatenate(lengths),
    )


def _frequency(lexical: Lexical, keep: np.ndarray) -> np.ndarray:
    """How many of the rows that stay hold each term, (terms,) int32; postings are looked at a block
    at a time, wherever a term begins.
    """
    first, before = lexical.first, np.empty(len(lexical.first), dtype=np.int64)
    held = 0  # postings that stay, so far
    for start in range(0, len(lexical.postings) + 1, COUNTED_POSTINGS):
        rows = lexical.postings[start : start + COUNTED_POSTINGS, 0]
        kept = np.concatenate([[held], held + np.cumsum(keep[rows])])
        low, high = np.searchsorted(first, [start, start + COUNTED_POSTINGS])
        before[low:high] = kept[first[low:high] - start]
        held = int(kept[-1])
    return np.diff(before).astype(np.int32)


def _joined(parts: Sequence[_Part], first: np.ndarray) -> Iterator[np.ndarray]:
    """The postings of as many terms at a time as fit into a block; of a term that does not fit, as
    many as do.
    """
    ends = np.searchsorted(first, np.arange(JOINED_POSTINGS, first[-1], JOINED_POSTINGS))
    for begin, end in pairwise(distinct(np.array([0, *ends - 1, *ends, len(first) - 1])).tolist()):
        if first[end] - first[begin] > JOINED_POSTINGS:  # it is one then
            yield from _of_term(parts, begin)
            continue
        block = np.empty((int(first[end] - first[begin]), 2), dtype=np.int32)
        free = first[begin:end] - first[begin]  # where the next posting of each term goes
        rows_before = 0
        for part in parts:
            low, high = np.searchsorted(part.place, [begin, end])
            place, frequency = part.place[low:high] - begin, part.frequency[low:high]
            old = part.open().postings[part.first[low] : part.first[high]]
            old = old[part.keep[old[:, 0]]]
            within = np.cumsum(frequency) - frequency
            to = np.repeat(free[place] - within, frequency) + np.arange(len(old))
            rows = np.cumsum(part.keep, dtype=np.int32)
            block[to, 0] = rows[old[:, 0]] - 1 + rows_before
            block[to, 1] = old[:, 1]
            free[place] += frequency
            rows_before += int(rows[-1]) if len(rows) else 0
        yield block


def _of_term(parts: Sequence[_Part], term: int) -> Iterator[np.ndarray]:
    """The postings of one term, a block at a time."""
    rows_before = 0
    for part in parts:
        rows = np.cumsum(part.keep, dtype=np.int32)
        for place in range(*np.searchsorted(part.place, [term, term + 1])):
            end = part.first[place + 1]
            for start in range(part.first[place], end, JOINED_POSTINGS):
                block = part.open().postings[start : min(start + JOINED_POSTINGS, end)]
                block = block[part.keep[block[:, 0]]]
                block[:, 0] = rows[block[:, 0]] - 1 + rows_before
                yield block
        rows_before += int(rows[-1]) if len(rows) else 0


def counts_in(found: Found, rows: np.ndarray) -> np.ndarray:
    """How often each of `rows` (n,) holds a term: (n,) float64. Of the postings only those few are
    looked at that a binary search meets.
    """
    holders, counts = found
    if not len(holders):
        return np.zeros(len(rows))
    wanted = rows.astype(holders.dtype)  # of another type, the postings would be copied
    place = np.minimum(np.searchsorted(holders, wanted), len(holders) - 1)
    return np.where(holders[place] == wanted, counts[place], 0).astype(np.float64)


class Lexical:
    """The words of one segment on disk, mapped."""

    def __init__(self, files: Mapping[str, Mapped], rows: int) -> None:
        """files: at least the three, by name; rows: of the segment. Raises DamagedError."""
        self._terms = Rows(files[TERMS_FILE], TERMS, None, group=TERMS_PER_GROUP)
        self._file = files[POSTINGS_FILE]
        # As plain arrays: each slice of a numpy.memmap costs microseconds.
        self.postings = rows_in(self._file, (-1, 2), np.int32)
        self.lengths = as_array(files[LENGTHS_FILE], (rows,), np.int32)

    @cached_property
    def vocabulary(self) -> pa.Array:
        """Sorted terms, an Arrow array of strings."""
        column = self._terms.column("term")
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)

    @cached_property
    def first(self) -> np.ndarray:
        """(terms + 1,) int64: where each term's postings begin, and where the last one's end."""
        first = np.append(to_numpy(self._terms.column("first")), len(self.postings))
        if first[0] != 0 or (first[1:] < first[:-1]).any():
            raise self._file.damaged("has other postings than its terms say")
        return first

    def rows_of(self, term: str) -> Found:
        """The passages that hold `term`, ascending, and how often: two (n,) int32 arrays, empty if
        none does. "invo*" is any term that begins so.
        """
        if term.endswith("*"):
            return self._rows_of_many(*self._beginning(term[:-1]))
        place = self._place(term)
        if place == len(self.vocabulary) or self.vocabulary[place].as_py() != term:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
        found = self.postings[self.first[place] : self.first[place + 1]]
        # Of many postings a question reads but a few: the ends tell of all, if they ascend.
        self._check_rows(found[:, 0] if len(found) <= LOOKED_AT else found[[0, -1], 0])
        return found[:, 0], found[:, 1]

    def _rows_of_many(self, first: int, end: int) -> Found:
        """The same of the terms from one place in the vocabulary to another, together."""
        found = self.postings[self.first[first] : self.first[end]]
        self._check_rows(found[:, 0])
        rows, place = np.unique(found[:, 0], return_inverse=True)
        return rows, np.bincount(place, weights=found[:, 1]).astype(np.int32)

    def rows_of_any(self, terms: Sequence[str]) -> Found:
        """The passages that hold any of some terms, ascending, and how often they hold them all
        together: (n,) integers each.
        """
        found = [each for each in map(self.rows_of, terms) if len(each[0])]
        if len(found) < 2:
            return found[0] if found else self.rows_of("")
        rows, place = np.unique(np.concatenate([rows for rows, _ in found]), return_inverse=True)
        counts = np.bincount(place, weights=np.concatenate([counts for _, counts in found]))
        return rows, counts.astype(np.int32)

    def check_rows(self) -> None:
        """Raises DamagedError unless every posting names a row of the segment."""
        for first in range(0, len(self.postings), JOINED_POSTINGS):
            self._check_rows(self.postings[first : first + JOINED_POSTINGS, 0])

    def _check_rows(self, rows: np.ndarray) -> None:
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self.lengths):
            raise self._file.damaged(f"names rows that are not there, expected {len(self.lengths)}")

    def ascends(self) -> bool:
        """Whether the terms stand in order, each once, and so do the rows of each."""
        terms = self.vocabulary.to_pylist()
        steps = np.diff(self.postings[:, 0].astype(np.int64)) > 0
        steps[self.first[1:-1] - 1] = True  # from the last row of a term to the first of the next
        return bool(steps.all()) and all(a < b for a, b in pairwise(terms))

    def beginning_with(self, letter: str) -> list[str]:
        """The terms that begin with a letter, sorted."""
        first, end = self._beginning(letter)
        return list(self.vocabulary.slice(first, end - first).to_pylist())

    def _beginning(self, letters: str) -> tuple[int, int]:
        """Where in the vocabulary the terms stand that begin with some letters, and end."""
        after = letters[:-1] + chr(ord(letters[-1]) + 1)
        return self._place(letters), self._place(after)

    def _place(self, term: str) -> int:
        """How many terms stand before `term`."""
        return self._places(term)

    @cached_property
    def _places(self) -> Callable[[str], int]:
        """That, remembered: a question asks for each of its terms several times."""
        vocabulary = self.vocabulary
        return lru_cache(PLACES_KEPT)(
            lambda term: bisect.bisect_left(vocabulary, term, key=pa.StringScalar.as_py)
        )
