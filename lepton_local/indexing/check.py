"""Proof that an index is whole: digests, counts and offsets; and, if asked, that every passage
still stands in its file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from lepton_local.corpus.isolate import parse_source
from lepton_local.corpus.pieces import blank_rules
from lepton_local.errors import DamagedError
from lepton_local.indexing.commit import IGNORE_FILE, ignores_itself
from lepton_local.indexing.encoded import text_digest
from lepton_local.store import files
from lepton_local.store.index import SEGMENTS_FOLDER, Index
from lepton_local.store.manifest import (
    MANIFEST_FILE,
    SegmentEntry,
    is_as_written,
    load_manifest,
    rebuild,
)
from lepton_local.store.schema import ENTRY_FILE
from lepton_local.store.segment import Segment
from lepton_local.types import Source

BLOCK = 4096  # passages of a document that are compared with it at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    subject: str
    detail: str


def check(index_path: str | Path, *, sources: bool = False) -> Iterator[Finding]:
    """Look at every byte of an index; with `sources`, at every file it was made from too.

    Raises NoIndexError or VersionError when there is nothing to look at.
    """
    folder = Path(index_path)
    manifest = load_manifest(folder)
    yield _same(folder, MANIFEST_FILE, is_as_written(folder))
    yield _same(folder, IGNORE_FILE, ignores_itself(folder))
    whole = True
    for entry in manifest.segments:
        place = f"{SEGMENTS_FOLDER}/{entry.name}/{ENTRY_FILE}"
        yield _same(folder, place, _tells(folder / place, entry))
        expected = {
            f"{SEGMENTS_FOLDER}/{entry.name}/{name}": stored.digest
            for name, stored in entry.files.items()
        }
        if entry.deleted:
            expected[entry.deleted] = entry.deleted_digest
        for name, digest in expected.items():
            path = folder / name
            found = files.digest(path) if path.is_file() else "no file"
            same = found == digest
            whole &= same
            wrong = f"{found}, expected {digest}: {rebuild(folder)}"
            yield Finding(same, name, "as it was written" if same else wrong)
    if not whole:
        return
    try:
        index = Index.open(folder)
    except DamagedError as error:
        yield Finding(False, str(folder), str(error))
        return
    for segment, live in zip(index.segments, index.live, strict=True):
        yield _counts(segment, live)
        yield _passages(segment)
    if sources:
        yield from _sources(index)


def _same(folder: Path, name: str, same: bool) -> Finding:
    wrong = f"it is not as it was written: {rebuild(folder)}"
    return Finding(same, name, "as it was written" if same else wrong)


def _tells(path: Path, entry: SegmentEntry) -> bool:
    """Whether a segment's own note is its entry, before any row was deleted."""
    fresh = replace(entry, deleted="", deleted_rows=0, deleted_digest="")
    try:
        return path.read_bytes() == files.json_text(asdict(fresh)).encode()
    except OSError:
        return False


def _counts(segment: Segment, live: np.ndarray) -> Finding:
    lexical = segment.lexical
    counted = np.zeros(segment.entry.rows, dtype=np.int64)
    np.add.at(counted, lexical.postings[:, 0], lexical.postings[:, 1])
    problems = [
        said
        for wrong, said in (
            (
                segment.vectors.shape[0] != segment.entry.rows,
                "vectors and passages differ in number",
            ),
            (
                int(segment.document_rows.sum()) != segment.entry.rows,
                "documents and passages differ in number",
            ),
            (not np.array_equal(counted, lexical.lengths), "postings and passage lengths differ"),
            (
                int((~live).sum()) != segment.entry.deleted_rows,
                "deleted rows and the manifest differ",
            ),
        )
        if wrong
    ]
    return Finding(
        not problems,
        f"{segment.entry.name}: counts",
        "; ".join(problems) or f"{segment.entry.rows} passages",
    )


def _passages(segment: Segment) -> Finding:
    wrong = 0
    row = 0
    for table in segment.passages.batches():
        norms = np.linalg.norm(segment.vectors[row : row + len(table)].astype(np.float32), axis=1)
        wrong += int((np.abs(norms - 1) > 0.01).sum())
        row += len(table)
        for start, end, heading, text, digest in zip(
            *(
                table.column(name).to_pylist()
                for name in ("start", "end", "heading", "text", "text_digest")
            ),
            strict=True,
        ):
            wrong += end - start != len(text) or text_digest(heading, blank_rules(text)) != digest
    detail = (
        f"{wrong} passages whose offsets, digest or vector are off"
        if wrong
        else "offsets, digests and vectors agree"
    )
    return Finding(not wrong, f"{segment.entry.name}: passages", detail)


def _sources(index: Index) -> Iterator[Finding]:
    """Read every file again and compare each passage with it."""
    for segment, live in zip(index.segments, index.live_documents, strict=True):
        columns = ["root", "path", "key", "digest", "first_row", "rows"]
        rows = [
            r
            for r, alive in zip(segment.documents.table(columns).to_pylist(), live, strict=True)
            if alive
        ]
        for (root, path), group in groupby(rows, key=lambda row: (row["root"], row["path"])):
            documents = list(group)
            parsed = parse_source(Source(root, path, 0, 0))
            update = f"lepton-index update {index.path}"
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
                f"{wrong} of {count} passages do not stand there: {rebuild(index.path)}"
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
