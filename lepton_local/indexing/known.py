"""Vectors that earlier work has made: none is made twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_local.store.arrays import RowsOf
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.names import PASSAGES_FILE, TEXT
from lepton_local.store.passages import Rows
from lepton_local.store.schema import PASSAGES
from lepton_local.store.storage import Storage, map_file
from lepton_local.store.vectors import Field

# Of rows (n,) of a segment, (n, 2) uint64: the halves of 16 bytes.
Digests = Callable[[Storage, SegmentEntry, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class _Run:
    """Digests in order. head, tail: (n,) uint64, their halves, ascending by the first; source: (n,)
    int32, whose vector it is; row: (n,) int32, which of these vectors.
    """

    head: np.ndarray
    tail: np.ndarray
    source: np.ndarray
    row: np.ndarray

    def __len__(self) -> int:
        return len(self.head)


class KnownVectors:
    """Vectors found by the digest of what was encoded.

    Digests are kept in a few sorted runs, each at least twice as long as the next: n passages in
    any number of batches cost n log n, and 24 bytes each. Files are opened when they are asked: a
    large build makes hundreds of segments, and a process may hold a few hundred files.
    """

    def __init__(
        self,
        storage: Storage,
        entries: Iterable[SegmentEntry],
        *,
        encoder: str,
        field: str = TEXT,
        digests: Digests | None = None,
    ) -> None:
        """Those of the field that the encoder with this digest has made. digests: of what was
        encoded for rows of a segment, the texts of passages unless given.
        """
        self._storage, self._name = storage, field
        self._sources: list[SegmentEntry | np.ndarray] = []
        self._runs: list[_Run] = []
        found = []
        for entry in entries:
            if field in entry.fields and entry.fields[field].encoder == encoder:
                told = (digests or _of_texts)(storage, entry, self._field(entry).rows())
                if len(told):
                    found.append(self._run(told))
                    self._sources.append(entry)
        if found:
            self._runs.append(_joined(found))

    def hold(self, digests: pa.Array, vectors: np.ndarray) -> None:
        """Know the vectors (n, dim) of a batch, which is still to be written."""
        self._runs.append(self._run(halves(digests)))
        self._sources.append(vectors)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [_joined(self._runs[-2:])]

    def release(self, entry: SegmentEntry) -> None:
        """The batch that is held has become a segment: it need not stay in memory."""
        self._sources[-1] = entry

    def look_up(self, digests: pa.Array, out: np.ndarray) -> np.ndarray:
        """Fill the rows of `out` (n, dim) whose digest is known; (n,) bool says which those are."""
        wanted = halves(digests)
        known = np.zeros(len(wanted), dtype=bool)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run.head, wanted[:, 0]), max(len(run) - 1, 0))
            there = (run.head[place] == wanted[:, 0]) & (run.tail[place] == wanted[:, 1]) & ~known
            for source in np.unique(run.source[place[there]], return_index=True)[0].tolist():
                here = there & (run.source[place] == source)
                out[here] = self._vectors(source)[run.row[place[here]]]
            known |= there
        return known

    def _vectors(self, source: int) -> RowsOf:
        found = self._sources[source]
        return found if isinstance(found, np.ndarray) else self._field(found).vectors

    def _field(self, entry: SegmentEntry) -> Field:
        made = entry.fields[self._name]
        return Field(self._storage, made.folder or entry.folder, made, entry.rows)

    def _run(self, halves: np.ndarray) -> _Run:
        source = np.full(len(halves), len(self._sources), dtype=np.int32)
        row = np.arange(len(halves), dtype=np.int32)
        return _joined([_Run(halves[:, 0], halves[:, 1], source, row)])


def _joined(runs: list[_Run]) -> _Run:
    columns = [
        np.concatenate(each)
        for each in zip(*((run.head, run.tail, run.source, run.row) for run in runs), strict=True)
    ]
    order = np.argsort(columns[0], kind="stable")
    return _Run(*(column[order] for column in columns))


def _of_texts(storage: Storage, entry: SegmentEntry, rows: np.ndarray) -> np.ndarray:
    """The digests of passages as they are encoded."""
    file = map_file(storage, f"{entry.folder}/{PASSAGES_FILE}", entry.files[PASSAGES_FILE])
    column = Rows(file, PASSAGES, entry.rows).column("text_digest")
    every = [halves(chunk) for chunk in column.chunks]
    return np.asarray(np.concatenate([np.empty((0, 2), dtype=np.uint64), *every])[rows])


def halves(digests: pa.Array) -> np.ndarray:
    """16 bytes each as two numbers: (n, 2) uint64."""
    data = digests.buffers()[1]
    if data is None:
        return np.empty((0, 2), dtype=np.uint64)
    every = np.frombuffer(data, dtype=np.uint64).reshape(-1, 2)
    return every[digests.offset : digests.offset + len(digests)]
