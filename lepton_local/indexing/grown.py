"""A segment whose field has gained the vectors of some rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lepton_local.config import BuildConfig
from lepton_local.models.roles import Encoder
from lepton_local.store.arrays import RowsOf
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.storage import Storage
from lepton_local.store.vectors import Field, add_field

COPIED = 4096  # vectors in memory while they are copied


def grown(
    storage: Storage,
    entry: SegmentEntry,
    name: str,
    rows: np.ndarray,
    vectors: np.ndarray,
    encoder: Encoder,
    config: BuildConfig,
) -> SegmentEntry:
    """The segment with vectors (n, dim) of its `rows` (n,) beside those that the field has."""
    with_vector = rows
    blocks: Iterator[np.ndarray] = iter([vectors])
    if name in entry.fields:
        before = field_of(storage, entry, name)
        both = np.concatenate([before.rows(), rows])
        order = np.argsort(both, kind="stable")
        with_vector, blocks = both[order], _together(before.vectors, vectors, order)
    return add_field(
        storage,
        entry,
        name,
        blocks,
        rows=len(with_vector),
        encoder=encoder.digest,
        dim=encoder.dim,
        faiss=config.faiss,
        recall=config.recall,
        some=with_vector if len(with_vector) < entry.rows else None,
        gpu=config.device != "cpu",
    )


def _together(before: RowsOf, new: np.ndarray, order: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of two arrays, one behind the other, in an order; a few in memory at a time."""
    for first in range(0, len(order), COPIED):
        rows = order[first : first + COPIED]
        old = rows < len(before)
        block = np.empty((len(rows), new.shape[1]), dtype=np.float16)
        block[old], block[~old] = before[rows[old]], new[rows[~old] - len(before)]
        yield block


def field_of(storage: Storage, entry: SegmentEntry, name: str) -> Field:
    """The vectors that a segment has of a field."""
    made = entry.fields[name]
    return Field(storage, made.folder or entry.folder, made, entry.rows)
