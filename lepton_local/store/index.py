"""An index: a snapshot of one generation. Whatever is committed later, a reader that has opened it
sees it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_local.errors import DamagedError
from lepton_local.store.manifest import Manifest, SegmentEntry, load_manifest, rebuild
from lepton_local.store.schema import DOCUMENTS
from lepton_local.store.segment import Segment

SEGMENTS_FOLDER = "segments"
DELETED_FOLDER = "deleted"


class Index:
    """The live documents and passages of one generation.

    A passage's row is counted over all segments in the manifest's order, deleted ones included;
    `live` says which count.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        self.segments = tuple(
            Segment(path / SEGMENTS_FOLDER / e.name, e) for e in manifest.segments
        )
        self.live = tuple(live_mask(path, entry) for entry in manifest.segments)
        self.offsets = np.cumsum([0, *(entry.rows for entry in manifest.segments)])

    @classmethod
    def open(cls, path: str | Path) -> Index:
        """Open the current generation.

        Raises NoIndexError, VersionError or DamagedError.
        """
        folder = Path(path)
        manifest = load_manifest(folder)
        while True:
            try:
                return cls(folder, manifest)
            except (DamagedError, OSError, ValueError, pa.ArrowInvalid) as error:
                newer = load_manifest(folder)
                if newer.generation != manifest.generation:
                    manifest = newer  # a writer dropped a segment between our two looks
                elif isinstance(error, DamagedError):
                    raise
                else:
                    raise DamagedError(
                        f"{folder} cannot be opened ({error}): {rebuild(folder)}"
                    ) from None

    @property
    def rows(self) -> int:
        """Live passages."""
        return sum(entry.live_rows for entry in self.manifest.segments)

    @property
    def documents(self) -> int:
        """Live documents."""
        return sum(int(mask.sum()) for mask in self.live_documents)

    @cached_property
    def live_documents(self) -> tuple[np.ndarray, ...]:
        """Per segment, (documents,) bool. A document's passages live and die together."""
        return tuple(
            live[np.cumsum(segment.document_rows) - segment.document_rows]
            for segment, live in zip(self.segments, self.live, strict=True)
        )

    @cached_property
    def average_length(self) -> float:
        """Mean terms a live passage, over all segments."""
        pairs = zip(self.segments, self.live, strict=True)
        return (
            sum(int(s.lexical.lengths[live].sum()) for s, live in pairs) / max(self.rows, 1) or 1.0
        )

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Languages of the live documents, sorted."""
        found: set[str] = set()
        for segment, live in zip(self.segments, self.live_documents, strict=True):
            found.update(
                pc.unique(segment.documents.column("language").filter(pa.array(live))).to_pylist()
            )
        return tuple(sorted(found))

    def document_table(self, columns: Sequence[str]) -> pa.Table:
        """Columns of every live document."""
        tables = [
            segment.documents.table(columns).filter(pa.array(live))
            for segment, live in zip(self.segments, self.live_documents, strict=True)
        ]
        empty = DOCUMENTS.empty_table().select(list(columns))
        return pa.concat_tables([empty, *tables])

    def take_passages(self, rows: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """Columns of the passages with these rows, in this order. rows: (n,) integers.

        The column `document` counts, like rows, over all segments.
        """
        rows = np.asarray(rows, dtype=np.int64)
        where = np.searchsorted(self.offsets, rows, side="right") - 1
        tables = []
        for number in np.unique(where):
            table = self.segments[number].passages.take(
                rows[where == number] - self.offsets[number], columns
            )
            if "document" in columns:
                place = table.schema.get_field_index("document")
                shifted = pc.add(
                    table.column(place).cast(pa.int64()), int(self.document_offsets[number])
                )
                table = table.set_column(place, "document", shifted)
            tables.append(table)
        return (
            pa.concat_tables(tables).take(_undo(where))
            if tables
            else pa.table({c: [] for c in columns})
        )

    def take_documents(self, numbers: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """Columns of the documents with these numbers (as `take_passages` gives them), in this
        order.
        """
        where = np.searchsorted(self.document_offsets, numbers, side="right") - 1
        tables = [
            self.segments[number].documents.take(
                numbers[where == number] - self.document_offsets[number], columns
            )
            for number in np.unique(where)
        ]
        return (
            pa.concat_tables(tables).take(_undo(where))
            if tables
            else pa.table({c: [] for c in columns})
        )

    @cached_property
    def document_offsets(self) -> np.ndarray:
        """Where each segment's documents begin when they are counted over all segments."""
        return np.cumsum([0, *(entry.documents for entry in self.manifest.segments)])


def live_mask(path: Path, entry: SegmentEntry) -> np.ndarray:
    """(rows,) bool: the rows of a segment that have not been deleted."""
    mask = np.ones(entry.rows, dtype=bool)
    if entry.deleted:
        mask[np.load(path / entry.deleted)] = False
    return mask


def _undo(where: np.ndarray) -> pa.Array:
    """Rows were gathered segment by segment: the order that puts them back."""
    return pa.array(np.argsort(np.argsort(where, kind="stable"), kind="stable"))
