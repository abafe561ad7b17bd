"""Vectors that earlier work has made: none is made twice."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_local.store.manifest import SegmentEntry
from lepton_local.store.passages import Rows
from lepton_local.store.schema import PASSAGES_FILE, VECTORS_FILE


class KnownVectors:
    """Vectors found by the digest of what was encoded.

    Files are opened when they are asked: a large build makes hundreds of segments, and a process
    may hold a few hundred files.
    """

    def __init__(self, segments: Path, entries: Iterable[SegmentEntry]) -> None:
        self._segments = segments
        self._known: list[tuple[Path | np.ndarray, pa.Array]] = []
        for entry in entries:
            column = Rows(segments / entry.name / PASSAGES_FILE).column("text_digest")
            empty = pa.nulls(0, column.type)
            self._known.append((self._file(entry), pa.concat_arrays([empty, *column.chunks])))

    def hold(self, digests: pa.Array, vectors: np.ndarray) -> None:
        """Know the vectors (n, dim) of a batch, which is still to be written."""
        self._known.append((vectors, digests))

    def release(self, entry: SegmentEntry) -> None:
        """The batch that is held has become a segment: it need not stay in memory."""
        self._known[-1] = self._file(entry), self._known[-1][1]

    def look_up(self, digests: pa.Array, out: np.ndarray) -> np.ndarray:
        """Fill the rows of `out` (n, dim) whose digest is known; (n,) bool says which those are."""
        known = np.zeros(len(digests), dtype=bool)
        for place, column in self._known:
            found = pc.index_in(digests, value_set=column)
            there = found.is_valid().to_numpy(zero_copy_only=False) & ~known
            if there.any():
                vectors = np.load(place, mmap_mode="r") if isinstance(place, Path) else place
                out[there] = vectors[found.fill_null(0).to_numpy()[there]]
                known |= there
        return known

    def _file(self, entry: SegmentEntry) -> Path:
        return self._segments / entry.name / VECTORS_FILE
