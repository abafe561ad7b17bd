"""Several segments become one: rows that are no longer live are left behind, and nothing is encoded
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_local.config import BuildConfig
from lepton_local.indexing.commit import next_number
from lepton_local.indexing.tally import Tally
from lepton_local.store import lexical, segment
from lepton_local.store.bridge import to_arrow, to_numpy
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.index import live_mask
from lepton_local.store.lexical import Lexical
from lepton_local.store.names import TEXT
from lepton_local.store.schema import DOCUMENTS
from lepton_local.store.segment import Draft, Segment
from lepton_local.store.storage import Storage
from lepton_local.store.vectors import add_field


@dataclass(frozen=True, slots=True)
class Part:
    """A segment to be merged. It is opened when it is its turn: a large build merges hundreds, and
    a process may hold a few hundred files.
    """

    storage: Storage
    entry: SegmentEntry
    live: np.ndarray  # (rows,) bool: which of its rows live

    def open(self) -> Segment:
        """The segment, mapped."""
        return Segment(self.storage, self.entry)

    def words(self) -> Lexical:
        """The words of the segment, mapped."""
        return self.open().lexical


MOST_SEGMENTS = 8  # searching 16 takes 2 to 4 times as long as searching one
# Rows of a segment that machines join, and that grows no further by updates: to join them takes one
# process half a minute, and FAISS some minutes.
LARGEST = 2_000_000


def worth_merging(entries: Sequence[SegmentEntry]) -> list[SegmentEntry]:
    """Which segments to write anew: those that are mostly deleted rows, and of the others, if there
    are more than MOST_SEGMENTS that can still grow, the smaller half. So each row moves rarely, and
    nothing dead stays for long.
    """
    dying = [entry for entry in entries if entry.deleted_rows > entry.live_rows]
    others = [
        entry for entry in entries if entry.deleted_rows <= entry.live_rows and entry.rows < LARGEST
    ]
    if len(others) + bool(dying) <= MOST_SEGMENTS:
        return dying
    smallest = sorted(others, key=lambda entry: entry.live_rows)
    return dying + smallest[: len(others) - MOST_SEGMENTS // 2]


def runs(parts: Sequence[Sequence[SegmentEntry]]) -> list[list[SegmentEntry]]:
    """Parts that follow one another, put together as far as LARGEST allows; none is taken apart."""
    found: list[list[SegmentEntry]] = []
    rows = LARGEST
    for part in parts:
        more = sum(entry.live_rows for entry in part)
        if rows + more > LARGEST:
            found.append([])
            rows = 0
        found[-1] += part
        rows += more
    return [run for run in found if run]


def merge_chosen(
    storage: Storage,
    entries: Sequence[SegmentEntry],
    chosen: Sequence[SegmentEntry],
    config: BuildConfig,
    tally: Tally,
) -> list[SegmentEntry]:
    """`entries` with the `chosen` ones merged into one, which comes first."""
    if not chosen:
        return list(entries)
    tally.progress("merge", 0, len(chosen))
    names = {entry.name for entry in chosen}
    parts = [
        Part(storage, entry, live_mask(storage, entry))
        for entry in entries
        if entry.name in names and entry.live_rows
    ]
    rest = [entry for entry in entries if entry.name not in names]
    if not parts:
        return rest
    with tally.timed("join"):
        draft = merge(storage, parts)
    with tally.timed("faiss"):
        gpu = config.device != "cpu"
        draft = segment.tuned(storage, draft, faiss=config.faiss, recall=config.recall, gpu=gpu)
    merged = segment.finish(storage, next_number(storage), draft)
    for name in sorted({name for part in parts for name in part.entry.fields} - {TEXT}):
        if len(some := _rows_with(name, parts)):
            with tally.timed("join"):
                merged = merge_field(storage, merged, name, some, parts, config)
    tally.progress("merge", len(chosen), len(chosen))
    return [merged, *rest]


def merge(storage: Storage, parts: Sequence[Part]) -> Draft:
    """Write the live rows of `parts`, in order, as one segment."""
    text = parts[0].entry.fields[TEXT]
    return segment.write(
        storage,
        _documents(parts),
        _passages(parts),
        (part.open().text.of(part.live) for part in parts),
        lexical.merge([(part.words, part.live) for part in parts]),
        encoder=text.encoder,
        dim=text.dim,
    )


def merge_field(
    storage: Storage,
    merged: SegmentEntry,
    name: str,
    some: np.ndarray,
    parts: Sequence[Part],
    config: BuildConfig,
) -> SegmentEntry:
    """The segment that `parts` have become, with their vectors of a further field, which `some` of
    its rows (n,) have.
    """
    made = next(part.entry.fields[name] for part in parts if name in part.entry.fields)
    having = [part for part in parts if name in part.entry.fields]
    return add_field(
        storage,
        merged,
        name,
        (part.open().fields[name].of(part.live) for part in having),
        rows=len(some),
        some=some if len(some) < merged.rows else None,
        encoder=made.encoder,
        dim=made.dim,
        faiss=config.faiss,
        recall=config.recall,
        gpu=config.device != "cpu",
    )


def _rows_with(name: str, parts: Sequence[Part]) -> np.ndarray:
    """The rows that have a vector of a field when all parts are one: (n,) int64."""
    before, found = 0, []
    for part in parts:
        place = np.cumsum(part.live) - 1 + before
        if name in part.entry.fields:
            rows = part.open().fields[name].rows()
            found.append(place[rows[part.live[rows]]])
        before += int(part.live.sum())
    return np.concatenate(found).astype(np.int64)


def _documents(parts: Sequence[Part]) -> Iterator[pa.Table]:
    before = 0  # passages of the parts already given
    held = pa.Table.from_batches(
        [], DOCUMENTS
    )  # the last document: the next part may go on with it
    for part in parts:
        each = part.open()
        keep = np.flatnonzero(_live_documents(each, part.live))
        kept = each.documents.table(DOCUMENTS.names).take(to_arrow(keep))
        rows = to_numpy(kept.column("rows"))
        kept = _with(kept, "first_row", np.cumsum(rows) - rows + before)
        before += int(rows.sum())
        if _name(held, -1) == _name(kept, 0):
            held = _with(held, "rows", to_numpy(held.column("rows")) + rows[0])
            kept = kept.slice(1)
        if len(kept):
            yield held
            yield kept.slice(0, len(kept) - 1)
            held = kept.slice(len(kept) - 1)
    yield held


def _passages(parts: Sequence[Part]) -> Iterator[pa.Table]:
    before = 0  # documents of the parts already given
    last: list[str] = []
    for part in parts:
        each, live = part.open(), part.live
        keep = _live_documents(each, live)
        ends = each.documents.take(np.flatnonzero(keep)[[0, -1]], _NAME)
        before -= last == _name(ends, 0)
        renumber = np.cumsum(keep) - 1 + before
        row = 0
        for table in each.passages.batches():
            kept = table.take(to_arrow(np.flatnonzero(live[row : row + len(table)])))
            yield _with(kept, "document", renumber[each.document_of(kept)])
            row += len(table)
        before += int(keep.sum())
        last = _name(ends, -1)


def _with(table: pa.Table, name: str, numbers: np.ndarray) -> pa.Table:
    """The table with other numbers in a column."""
    return table.set_column(table.schema.get_field_index(name), name, to_arrow(numbers))


_NAME = ("root", "path", "key")  # of a document: what goes on in the next segment bears the same


def _name(documents: pa.Table, row: int) -> list[str]:
    """Which document a row of documents is of; nothing, if there is no row."""
    return [documents.column(name)[row].as_py() for name in _NAME if len(documents)]


def _live_documents(each: Segment, live: np.ndarray) -> np.ndarray:
    rows = each.document_rows
    return np.asarray(live[np.cumsum(rows) - rows])
