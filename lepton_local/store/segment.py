"""A segment: an immutable folder that holds everything about a batch of documents."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from lepton_local.store import names
from lepton_local.store.bridge import to_numpy
from lepton_local.store.entry import SegmentEntry, note_of
from lepton_local.store.lexical import Lexical, Postings
from lepton_local.store.names import (
    DOCUMENTS_FILE,
    ENTRY_FILE,
    PASSAGES_FILE,
    POSTINGS_FILE,
    SEGMENTS_FOLDER,
    TEXT,
)
from lepton_local.store.passages import Coded, Rows, write_table
from lepton_local.store.schema import DOCUMENTS, PASSAGES
from lepton_local.store.storage import Storage, fingerprint, map_file
from lepton_local.store.vectors import Field, with_faiss, write_field


class Segment:
    """One segment, mapped. Opening touches every file, so a reader keeps them even when a later
    generation drops them.
    """

    def __init__(self, storage: Storage, entry: SegmentEntry, *, whole: bool = True) -> None:
        """whole: whether all of each file is at hand then, though it lies elsewhere. Raises
        DamagedError for a file that is missing, or not what its entry says.
        """
        self.entry = entry
        self._files = {
            name: map_file(
                storage,
                f"{entry.folder}/{name}",
                stored,
                whole=whole or name not in (PASSAGES_FILE, POSTINGS_FILE),
            )
            for name, stored in entry.files.items()
        }
        listed = self._files[DOCUMENTS_FILE]
        self.documents = Rows(listed, DOCUMENTS, entry.documents, moved=entry.moved)
        self.passages = Rows(self._files[PASSAGES_FILE], PASSAGES, entry.rows)
        self.lexical = Lexical(self._files, entry.rows)
        self.fields = {
            name: Field(storage, each.folder or entry.folder, each, entry.rows, whole=whole)
            for name, each in entry.fields.items()
        }
        self._columns: dict[str, Coded] = {}

    @property
    def text(self) -> Field:
        """The vectors of the texts, which every row has."""
        return self.fields[TEXT]

    def column(self, name: str) -> Coded:
        """A column of strings of documents.parquet, read once and kept."""
        if name not in self._columns:
            self._columns[name] = self.documents.coded(name)
        return self._columns[name]

    @cached_property
    def document_rows(self) -> np.ndarray:
        """(documents,) int64: how many passages each document has; they lie in the order of their
        documents.
        """
        table = self.documents.table(["first_row", "rows"])
        first, rows = to_numpy(table.column(0)), to_numpy(table.column(1))
        if (rows < 1).any() or not np.array_equal(np.append(first, self.entry.rows), _starts(rows)):
            raise self._files[DOCUMENTS_FILE].damaged(
                f"names other passages than there are, expected {self.entry.rows}"
            )
        return rows

    def live_documents(self, live: np.ndarray) -> np.ndarray:
        """(documents,) bool, of live rows (rows,): a document's passages live and die together."""
        return np.asarray(live[np.cumsum(self.document_rows) - self.document_rows])

    def document_of(self, passages: pa.Table) -> np.ndarray:
        """The column `document` of a table of passages: (n,) int64."""
        numbers = to_numpy(passages.column("document")).astype(np.int64)
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < self.entry.documents:
            raise self._files[PASSAGES_FILE].damaged(
                f"names documents that are not there, expected {self.entry.documents}"
            )
        return numbers


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)])


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment that is written, and has no name yet. folder: where its files lie."""

    folder: str
    entry: SegmentEntry


def write(
    storage: Storage,
    documents: Iterable[pa.Table],
    passages: Iterable[pa.Table],
    vectors: Iterable[np.ndarray],
    postings: Postings,
    *,
    encoder: str,
    dim: int,
) -> Draft:
    """Write the files of a segment; `finish` gives it its name.

    documents and passages: tables of the schemas in schema.py; vectors: (n, dim) float16 each, the
    rows of all passages together; encoder: the digest of the encoder. What comes in blocks is in
    memory a block at a time.
    """
    folder = f"{SEGMENTS_FOLDER}/{names.half_written()}"
    named = f"{folder}/{DOCUMENTS_FILE}"
    listed, many = write_table(storage, named, documents, DOCUMENTS)
    named = f"{folder}/{PASSAGES_FILE}"
    quoted, rows = write_table(storage, named, passages, PASSAGES)
    words = postings.write(storage, folder)
    text = write_field(storage, folder, vectors, rows=rows, encoder=encoder, dim=dim)
    files = {DOCUMENTS_FILE: listed, PASSAGES_FILE: quoted, **words}
    return Draft(folder, SegmentEntry("", rows, many, files, {TEXT: text}))


def tuned(storage: Storage, draft: Draft, *, faiss: str, recall: float, gpu: bool = False) -> Draft:
    """The same draft with a FAISS index, if `faiss` and its size ask for one: what BuildConfig
    says.
    """
    text = draft.entry.fields[TEXT]
    text = with_faiss(storage, draft.folder, text, faiss=faiss, recall=recall, gpu=gpu)
    return replace(draft, entry=replace(draft.entry, fields={TEXT: text}))


def finish(storage: Storage, number: int, draft: Draft) -> SegmentEntry:
    """Give a segment its name, now that every file in it is on the disk. Where another machine has
    written the very same, that one stays.
    """
    fields = draft.entry.fields.values()
    stored = [
        *draft.entry.files.values(),
        *(file for each in fields for file in each.files.values()),
    ]
    entry = replace(draft.entry, name=f"{number:06d}-{fingerprint(stored)}")
    with storage.put(f"{draft.folder}/{ENTRY_FILE}") as file:
        file.write(note_of(entry))
    with contextlib.suppress(FileExistsError):  # the name tells the bytes
        storage.rename(draft.folder, entry.folder)
    return entry
