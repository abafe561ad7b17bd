"""An index: a snapshot of one generation. Whatever is committed later, a reader that has opened it
sees it whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa

from lepton_local.errors import DamagedError
from lepton_local.searched import Snapshot
from lepton_local.store.arrays import as_array
from lepton_local.store.bridge import distinct, take, to_arrow, to_numpy
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.manifest import Manifest, load_manifest
from lepton_local.store.place import storage_at
from lepton_local.store.schema import DOCUMENTS, PASSAGES
from lepton_local.store.segment import Segment
from lepton_local.store.statistics import Statistics, statistics_of
from lepton_local.store.storage import Storage, map_file, rebuild
from lepton_local.store.vectors import ascending

# What numpy, Arrow and FAISS raise on a file that was cut short or altered.
_UNREADABLE = (
    DamagedError,
    OSError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    RuntimeError,
    TypeError,
    MemoryError,
    OverflowError,
)


class Index:
    """The live documents and passages of one generation.

    A passage's row is counted over all segments in the manifest's order, deleted ones included;
    `live` says which count.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        live: Sequence[np.ndarray],
        *,
        manifest: Manifest,
        storage: Storage,
        members: Sequence[Index] = (),
        statistics: Statistics | None = None,
    ) -> None:
        """segments: in the order in which rows are counted; live: per segment, (rows,) bool. They
        may be those of several indexes, the `members`, whose vectors one encoder made: `manifest`
        and `storage` are then those of the first. statistics: of all passages that are searched,
        where these segments are but some of theirs.
        """
        self._members = tuple(members)
        if statistics is not None:
            self.statistics = statistics
        self.storage = storage
        self.manifest = manifest
        self.segments = tuple(segments)
        self.live = tuple(live)
        self.offsets = np.cumsum([0, *(segment.entry.rows for segment in self.segments)])

    @classmethod
    def open(cls, place: str | Path | Storage) -> Index:
        """Open the current generation of the index at a place.

        Raises NoIndexError, VersionError or DamagedError.
        """
        storage = storage_at(place)
        manifest = load_manifest(storage)
        while True:
            try:
                return cls.of(storage, manifest)
            except _UNREADABLE as error:
                newer = load_manifest(storage)
                if newer.seal != manifest.seal:
                    manifest = newer  # a writer dropped a segment between our two looks
                elif isinstance(error, DamagedError):
                    raise
                else:
                    raise DamagedError(
                        f"{storage.place} cannot be opened ({error})",
                        advice=rebuild(storage.place),
                    ) from None

    @classmethod
    def of(cls, storage: Storage, manifest: Manifest) -> Index:
        """What a manifest says that there is at a place."""
        segments = [Segment(storage, entry, whole=False) for entry in manifest.segments]
        live = [live_mask(storage, entry) for entry in manifest.segments]
        return cls(segments, live, manifest=manifest, storage=storage)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every file: nothing can be found after it."""
        self.segments, self.live = (), ()
        for member in self._members:
            member.close()
        self.__dict__.pop("statistics", None)  # it reads the segments when it is asked

    @property
    def place(self) -> str:
        """Where it lies."""
        return self.storage.place

    @property
    def path(self) -> Path:
        """The folder it lies in, or the file."""
        return Path(self.place)

    @property
    def members(self) -> tuple[Index, ...]:
        """The indexes whose segments these are: this one, unless it was made of several."""
        return self._members or (self,)

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """The indexes that are searched here, and their generations."""
        return tuple(Snapshot(m.place, m.manifest.generation) for m in self.members)

    def members_of(self, rows: np.ndarray) -> np.ndarray:
        """Which of the members each of these rows (n,) lies in, (n,) int64."""
        firsts = self.offsets[np.cumsum([len(member.segments) for member in self.members])]
        return np.searchsorted(firsts, rows, side="right")

    @property
    def rows(self) -> int:
        """Live passages."""
        return sum(int(mask.sum()) for mask in self.live)

    @property
    def documents(self) -> int:
        """Live documents."""
        return sum(int(mask.sum()) for mask in self.live_documents)

    @cached_property
    def live_documents(self) -> tuple[np.ndarray, ...]:
        """Per segment, (documents,) bool. A document's passages live and die together."""
        return tuple(
            segment.live_documents(live)
            for segment, live in zip(self.segments, self.live, strict=True)
        )

    @cached_property
    def statistics(self) -> Statistics:
        """What a ranking by words must know of all live passages together."""
        return statistics_of(self.segments, self.live)

    def document_table(self, columns: Sequence[str]) -> pa.Table:
        """Columns of every live document."""
        tables = [
            segment.documents.table(columns).take(to_arrow(np.flatnonzero(live)))
            for segment, live in zip(self.segments, self.live_documents, strict=True)
        ]
        empty = _nothing(DOCUMENTS, columns)
        return pa.concat_tables([empty, *tables])

    def take_passages(self, rows: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """Columns of the passages with these rows (n,), in this order.

        The column `document` counts, like rows, over all segments.
        """

        def take(number: int, local: np.ndarray) -> pa.Table:
            table = self.segments[number].passages.take(local, columns)
            if "document" not in columns:
                return table
            place = table.schema.get_field_index("document")
            counted = self.segments[number].document_of(table) + self.document_offsets[number]
            return table.set_column(place, "document", to_arrow(counted))

        return _gather(self.offsets, rows, take, _nothing(PASSAGES, columns))

    def first_rows(self, rows: np.ndarray) -> np.ndarray:
        """The row of the first passage of the document that each of these rows (n,) is of."""
        told = self.take_passages(rows, ["document"]).column(0)
        firsts = [
            offset + np.cumsum(segment.document_rows) - segment.document_rows
            for segment, offset in zip(self.segments, self.offsets[:-1], strict=True)
        ]
        return np.asarray(np.concatenate([*firsts, np.empty(0, np.int64)])[to_numpy(told)])

    def take_documents(self, numbers: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """Columns of the documents with these numbers (n,), as `take_passages` gives them."""

        def take(number: int, local: np.ndarray) -> pa.Table:
            return self.segments[number].documents.take(local, columns)

        empty = _nothing(DOCUMENTS, columns)
        return _gather(self.document_offsets, numbers, take, empty)

    def take_vectors(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of the passages with these rows (n,): (n, dim) float16."""
        vectors = np.empty((len(rows), self.manifest.encoder.dim), dtype=np.float16)
        where = np.searchsorted(self.offsets, rows, side="right") - 1
        for number in distinct(where):
            here = where == number
            vectors[here] = self.segments[number].text.vectors[rows[here] - self.offsets[number]]
        return vectors

    @cached_property
    def document_offsets(self) -> np.ndarray:
        """Where each segment's documents begin when they are counted over all segments."""
        return np.cumsum([0, *(segment.entry.documents for segment in self.segments)])


def live_mask(storage: Storage, entry: SegmentEntry) -> np.ndarray:
    """(rows,) bool: the rows of a segment that have not been deleted. Raises DamagedError."""
    mask = np.ones(entry.rows, dtype=bool)
    if entry.deleted:
        file = map_file(storage, entry.deleted)
        rows = as_array(file, (entry.deleted_rows,), np.int64)
        if not ascending(rows, entry.rows):
            raise file.damaged(f"names rows that are not there, expected {entry.rows}")
        mask[rows] = False
    return mask


def _gather(
    offsets: np.ndarray,
    numbers: np.ndarray,
    part: Callable[[int, np.ndarray], pa.Table],
    empty: pa.Table,
) -> pa.Table:
    """Rows by numbers over all segments: taken segment by segment, then put back in their order."""
    where = np.searchsorted(offsets, numbers, side="right") - 1
    parts = [part(int(n), numbers[where == n] - offsets[n]) for n in distinct(where)]
    if len(parts) < 2:
        return parts[0] if parts else empty
    back = np.argsort(np.argsort(where, kind="stable"), kind="stable")
    return take(pa.concat_tables(parts), back)


def _nothing(schema: pa.Schema, columns: Sequence[str]) -> pa.Table:
    return pa.Table.from_batches([], schema).select(list(columns))
