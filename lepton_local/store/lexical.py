"""Words of a segment: which passages hold a term, and how often. Counts only; what they are worth
is decided in bm25.py.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_local.store import files
from lepton_local.store.bridge import to_numpy
from lepton_local.store.passages import Rows
from lepton_local.store.schema import LENGTHS_FILE, POSTINGS_FILE, TERMS, TERMS_FILE


@dataclass(frozen=True, slots=True)
class Postings:
    """Term counts of a batch of passages.

    vocabulary: sorted terms; first: (terms + 1,) int64, where each term's postings begin; postings:
    (n, 2) int32 of (row, count), sorted by term, then row; lengths: (rows,) int32, terms in each
    passage.
    """

    vocabulary: Sequence[str]
    first: np.ndarray
    postings: np.ndarray
    lengths: np.ndarray

    def write(self, folder: Path) -> None:
        """Write the three files of a segment's words."""
        terms = pa.table({"term": self.vocabulary, "first": self.first[:-1]}, schema=TERMS)
        files.write_table(folder / TERMS_FILE, [terms], TERMS)
        files.write_array(folder / POSTINGS_FILE, [self.postings], self.postings.shape, np.int32)
        files.write_array(folder / LENGTHS_FILE, [self.lengths], self.lengths.shape, np.int32)


def count(passages: Iterable[Sequence[str]]) -> Postings:
    """Count the terms of passages; the i-th becomes row i."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    ids = [
        np.fromiter((numbers[term] for term in terms), np.int64, len(terms)) for terms in passages
    ]
    lengths = np.array([len(each) for each in ids], dtype=np.int32)
    order = sorted(numbers)
    rank = np.empty(len(order), dtype=np.int64)
    rank[[numbers[term] for term in order]] = np.arange(len(order))
    rows = np.repeat(np.arange(len(ids), dtype=np.int64), lengths)
    terms = rank[np.concatenate(ids)] if len(order) else np.empty(0, dtype=np.int64)
    return _postings(order, terms, rows, np.ones(len(rows), dtype=np.int64), lengths)


def merge(parts: Sequence[tuple[Lexical, np.ndarray]]) -> Postings:
    """Join the words of segments, in order, keeping of each only the rows that its mask (rows,)
    allows.
    """
    order = sorted({term for lexical, _ in parts for term in lexical.vocabulary.to_pylist()})
    number = {term: i for i, term in enumerate(order)}
    terms, rows, counts, lengths, rows_before = [], [], [], [], 0
    for lexical, keep in parts:
        new_row = np.cumsum(keep) - 1 + rows_before
        old = np.asarray(lexical.postings)
        kept = keep[old[:, 0]]
        new_term = np.array(
            [number[term] for term in lexical.vocabulary.to_pylist()], dtype=np.int64
        )
        terms.append(np.repeat(new_term, np.diff(lexical.first))[kept])
        rows.append(new_row[old[kept, 0]])
        counts.append(old[kept, 1].astype(np.int64))
        lengths.append(np.asarray(lexical.lengths)[keep])
        rows_before += int(keep.sum())
    joined = [np.concatenate(each) for each in (terms, rows, counts, lengths)]
    used = np.bincount(joined[0], minlength=len(order)) > 0  # a term may have lost its last passage
    renumber = np.cumsum(used) - 1
    return _postings(
        [term for term, there in zip(order, used, strict=True) if there],
        renumber[joined[0]],
        joined[1],
        joined[2],
        joined[3].astype(np.int32),
    )


def _postings(
    vocabulary: Sequence[str],
    terms: np.ndarray,
    rows: np.ndarray,
    counts: np.ndarray,
    lengths: np.ndarray,
) -> Postings:
    """Sort and add up (term, row, count) triples."""
    width = max(len(lengths), 1)
    keys, inverse = np.unique(terms * width + rows, return_inverse=True)
    totals = np.bincount(inverse, weights=counts, minlength=len(keys))
    postings = np.stack([keys % width, totals.astype(np.int64)], axis=1).astype(np.int32)
    per_term = np.bincount(keys // width, minlength=len(vocabulary))
    first = np.concatenate([[0], np.cumsum(per_term)]).astype(np.int64)
    return Postings(vocabulary, first, postings, lengths)


class Lexical:
    """The words of one segment on disk, mapped."""

    def __init__(self, folder: Path) -> None:
        self._terms = Rows(folder / TERMS_FILE)
        self.postings: np.ndarray = np.load(folder / POSTINGS_FILE, mmap_mode="r")
        self.lengths: np.ndarray = np.load(folder / LENGTHS_FILE, mmap_mode="r")

    @cached_property
    def vocabulary(self) -> pa.Array:
        """Sorted terms, an Arrow array of strings."""
        column = self._terms.column("term")
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)

    @cached_property
    def first(self) -> np.ndarray:
        """(terms + 1,) int64: where each term's postings begin, and where the last one's end."""
        return np.append(to_numpy(self._terms.column("first")), len(self.postings))

    def rows_of(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """The passages that hold `term`, ascending, and how often: two (n,) int32 arrays, empty if
        none does.
        """
        place = bisect.bisect_left(self.vocabulary, term, key=pa.StringScalar.as_py)
        if place == len(self.vocabulary) or self.vocabulary[place].as_py() != term:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32)
        found = self.postings[self.first[place] : self.first[place + 1]]
        return found[:, 0], found[:, 1]
