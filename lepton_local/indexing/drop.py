"""Documents leave an index: their rows go into a list beside the segment, which itself never
changes.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import numpy as np

from lepton_local.indexing.plan import Place
from lepton_local.store import files
from lepton_local.store.index import DELETED_FOLDER, live_mask
from lepton_local.store.manifest import SegmentEntry
from lepton_local.store.segment import Segment


def drop_documents(
    folder: Path, segment: Segment, drop: Container[Place], generation: int
) -> SegmentEntry:
    """The entry of a segment without the documents of the places in `drop`; their rows go into a
    new deleted list.
    """
    table = segment.documents.table(["root", "path"])
    places = zip(table.column("root").to_pylist(), table.column("path").to_pylist(), strict=True)
    hit = np.repeat(
        np.fromiter((where in drop for where in places), bool, len(table)), segment.document_rows
    )
    live = live_mask(folder, segment.entry)
    if not (hit & live).any():
        return segment.entry
    rows = np.flatnonzero(hit | ~live)
    name = f"{DELETED_FOLDER}/{segment.entry.name}.{generation}.npy"
    files.make_folder(folder / DELETED_FOLDER)
    files.write_array(folder / name, [rows], rows.shape, np.int64)
    return replace(
        segment.entry,
        deleted=name,
        deleted_rows=len(rows),
        deleted_digest=files.digest(folder / name),
    )
