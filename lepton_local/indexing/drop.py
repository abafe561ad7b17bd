"""Documents leave an index: their rows go into a list beside the segment, which itself never
changes.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import numpy as np

from lepton_local.indexing.plan import RootedPath
from lepton_local.store.arrays import write_array
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.index import live_mask
from lepton_local.store.names import DELETED_FOLDER
from lepton_local.store.segment import Segment
from lepton_local.store.storage import Storage, digest


def drop_documents(storage: Storage, segment: Segment, drop: Container[RootedPath]) -> SegmentEntry:
    """The entry of a segment without the documents of the places in `drop`; their rows go into a
    new deleted list. It is named by what it holds: two writers at once, where no lock keeps them
    apart, do not write other rows under one name.
    """
    table = segment.documents.table(["root", "path"])
    places = zip(table.column("root").to_pylist(), table.column("path").to_pylist(), strict=True)
    hit = np.repeat(
        np.fromiter((where in drop for where in places), bool, len(table)), segment.document_rows
    )
    live = live_mask(storage, segment.entry)
    if not (hit & live).any():
        return segment.entry
    rows = np.flatnonzero(hit | ~live)
    number = int(digest(rows.astype(np.int64).tobytes())[-15:], 16)
    name = f"{DELETED_FOLDER}/{segment.entry.name}.{number}.npy"
    stored = write_array(storage, name, [rows], rows.shape, np.int64)
    return replace(
        segment.entry,
        deleted=name,
        deleted_rows=len(rows),
        deleted_digest=stored.digest,
    )
