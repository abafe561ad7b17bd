"""Proof that an index is whole: digests, counts and offsets; and, if asked, that every passage
still stands in its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from lepton_local.corpus.how import How
from lepton_local.corpus.isolate import parse_source
from lepton_local.corpus.pieces import blank_rules
from lepton_local.errors import DamagedError
from lepton_local.indexing.commit import ignores_itself
from lepton_local.indexing.encoded import text_digest
from lepton_local.store.entry import SegmentEntry, note_of
from lepton_local.store.index import Index
from lepton_local.store.manifest import is_as_written, load_manifest
from lepton_local.store.names import ENTRY_FILE, IGNORE_FILE, MANIFEST_FILE
from lepton_local.store.place import storage_at
from lepton_local.store.segment import Segment
from lepton_local.store.storage import Storage, map_file, rebuild
from lepton_local.types import Source

BLOCK = 4096  # passages of a document that are compared with it at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    subject: str
    detail: str


def check(place: str | Path | Storage, *, sources: bool = False) -> Iterator[Finding]:
    """Look at every byte of an index; with `sources`, at every file it was made from too.

    Raises NoIndexError or VersionError when there is nothing to look at.
    """
    storage = storage_at(place)
    manifest = load_manifest(storage)
    yield _same(storage, MANIFEST_FILE, is_as_written(storage))
    yield _same(storage, IGNORE_FILE, ignores_itself(storage))
    whole = True
    for entry in manifest.segments:
        note = f"{entry.folder}/{ENTRY_FILE}"
        yield _same(storage, note, _tells(storage, note, entry))
        expected = {name: stored.digest for name, stored in entry.stored.items()}
        if entry.deleted:
            expected[entry.deleted] = entry.deleted_digest
        for name, wanted in expected.items():
            found = _digest(storage, name)
            same = found == wanted
            whole &= same
            wrong = f"{found}, expected {wanted}: {rebuild(storage.place)}"
            yield Finding(same, name, "as it was written" if same else wrong)
    if not whole:
        return
    try:
        index = Index.open(storage)
        for segment, live in zip(index.segments, index.live, strict=True):
            yield _counts(segment, live)
            yield _passages(segment)
    except DamagedError as error:
        yield Finding(False, storage.place, str(error))
        return
    if sources:
        yield from _sources(index)


def _same(storage: Storage, name: str, same: bool) -> Finding:
    wrong = f"it is not as it was written: {rebuild(storage.place)}"
    return Finding(same, name, "as it was written" if same else wrong)


def _digest(storage: Storage, name: str) -> str:
    try:
        return map_file(storage, name).digest
    except DamagedError as error:
        return error.message


def _tells(storage: Storage, note: str, entry: SegmentEntry) -> bool:
    """Whether a segment's own note is its entry, before any row was deleted or a field added."""
    wanted = note_of(entry)
    try:
        return storage.read(note, len(wanted)) == wanted
    except (OSError, DamagedError):
        return False


def _counts(segment: Segment, live: np.ndarray) -> Finding:
    entry, words = segment.entry, segment.lexical
    rows, counts = words.postings[:, 0], words.postings[:, 1]
    problems = []
    if len(rows) and not 0 <= rows.min() <= rows.max() < entry.rows:
        problems.append("postings name rows that are not there")
    elif not np.array_equal(np.bincount(rows, counts, minlength=entry.rows), words.lengths):
        problems.append("postings and passage lengths differ")
    if not words.ascends():
        problems.append("terms or the rows of a term are out of order")
    documents = segment.document_of(segment.passages.table(["document"]))
    if not np.array_equal(documents, np.repeat(np.arange(entry.documents), segment.document_rows)):
        problems.append("passages are of other documents")
    for name, each in segment.fields.items():
        if not each.is_sound():
            problems.append(f"vectors of {name} are not of length 1")
    if int((~live).sum()) != entry.deleted_rows:
        problems.append("deleted rows and the manifest differ")
    return Finding(
        not problems, f"{entry.name}: counts", "; ".join(problems) or f"{entry.rows} passages"
    )


def _passages(segment: Segment) -> Finding:
    wrong = 0
    for table in segment.passages.batches():
        for start, end, heading, text, made in zip(
            *(
                table.column(name).to_pylist()
                for name in ("start", "end", "heading", "text", "text_digest")
            ),
            strict=True,
        ):
            wrong += end - start != len(text) or text_digest(heading, blank_rules(text)) != made
    detail = (
        f"{wrong} passages whose offsets or digest are off"
        if wrong
        else "offsets and digests agree"
    )
    return Finding(not wrong, f"{segment.entry.name}: passages", detail)


def _sources(index: Index) -> Iterator[Finding]:
    """Read every file again and compare each passage with it."""
    how = How.of(index.manifest.config)
    for segment, live in zip(index.segments, index.live_documents, strict=True):
        columns = ["root", "path", "key", "digest", "first_row", "rows"]
        rows = [
            r
            for r, alive in zip(segment.documents.table(columns).to_pylist(), live, strict=True)
            if alive
        ]
        for (root, path), group in groupby(rows, key=lambda row: (row["root"], row["path"])):
            documents = list(group)
            parsed = parse_source(Source(root, path, 0, 0), how)
            update = f"lepton-index update {index.place}"
            if not parsed.documents:
                yield Finding(False, path, f"{parsed.refused[0].reason}: {update}")
                continue
            if parsed.source.digest != documents[0]["digest"]:
                yield Finding(False, path, f"it has changed since it was indexed: {update}")
                continue
            left = {row["key"]: row for row in documents}
            count = wrong = sum(row["rows"] for row in documents)
            for document in parsed.documents:
                if (row := left.pop(document.key, None)) is not None:
                    wrong -= _standing(document.text, segment, row["first_row"], row["rows"])
            detail = (
                f"{wrong} of {count} passages do not stand there: {rebuild(index.place)}"
                if wrong
                else f"{count} passages"
            )
            yield Finding(not wrong, path, detail)


def _standing(text: str, segment: Segment, first: int, rows: int) -> int:
    """How many passages of a document stand in its text."""
    standing = 0
    for begin in range(first, first + rows, BLOCK):
        some = np.arange(begin, min(begin + BLOCK, first + rows))
        passages = segment.passages.take(some, ["start", "end", "text"]).to_pylist()
        standing += sum(text[p["start"] : p["end"]] == p["text"] for p in passages)
    return standing
