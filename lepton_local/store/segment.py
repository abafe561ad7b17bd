"""A segment: an immutable folder that holds everything about a batch of documents."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_local.errors import DamagedError
from lepton_local.store import dense, files
from lepton_local.store.bridge import to_numpy
from lepton_local.store.lexical import Lexical, Postings
from lepton_local.store.manifest import SegmentEntry, StoredFile
from lepton_local.store.passages import Coded, Rows
from lepton_local.store.schema import (
    DOCUMENTS,
    DOCUMENTS_FILE,
    ENTRY_FILE,
    FAISS_FILE,
    PASSAGES,
    PASSAGES_FILE,
    VECTORS_FILE,
)


class Segment:
    """One segment, mapped. Opening touches every file, so a reader keeps them even when a later
    generation drops them.
    """

    def __init__(self, folder: Path, entry: SegmentEntry) -> None:
        """Raises DamagedError when a file is missing, or of another size than was written."""
        self.folder = folder
        self.entry = entry
        for name, stored in entry.files.items():
            size = (folder / name).stat().st_size if (folder / name).exists() else None
            if size != stored.size:
                raise DamagedError(
                    f"{folder / name} has {'no file' if size is None else f'{size} bytes'}, "
                    f"expected {stored.size} bytes"
                )
        self.documents = Rows(folder / DOCUMENTS_FILE)
        self.passages = Rows(folder / PASSAGES_FILE)
        self.lexical = Lexical(folder)
        self.vectors = np.asarray(np.load(folder / VECTORS_FILE, mmap_mode="r"))
        self._graph = self._load_graph() if FAISS_FILE in entry.files else None
        self._columns: dict[str, Coded] = {}

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
        return to_numpy(self.documents.column("rows"))

    def live_documents(self, live: np.ndarray) -> np.ndarray:
        """(documents,) bool, of live rows (rows,): a document's passages live and die together."""
        return np.asarray(live[np.cumsum(self.document_rows) - self.document_rows])

    def nearest(self, question: np.ndarray, n: int, mask: np.ndarray) -> np.ndarray:
        """Rows near `question` (dim,) among those that `mask` (rows,) allows, at least the best `n`
        found and what ties with the last of them, in no order.
        """
        allowed = int(np.count_nonzero(mask))
        if self._graph is not None and allowed > dense.FEW_ROWS:
            from lepton_local.store import ann  # loading it costs what small indexes never pay

            return ann.search(self._graph, question, n, mask, self.entry.dense)
        if allowed * 4 < len(mask):
            rows = np.flatnonzero(mask)
            every = np.ones(len(rows), dtype=bool)
            return np.asarray(rows[dense.scan(self.vectors[rows], question, n, every)])
        return dense.scan(self.vectors, question, n, mask)

    def cosines(self, question: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Exact cosines of `question` (dim,) and `rows`, (n,) float64."""
        return dense.exact(self.vectors, question, rows)

    def _load_graph(self) -> Any:
        from lepton_local.store import ann  # as above

        return ann.load(self.folder / FAISS_FILE)


def check_faiss(kind: str, dim: int) -> None:
    """Raises InputError for a `--faiss` word that FAISS does not know."""
    if kind != "auto":
        from lepton_local.store import ann  # as above

        ann.check_kind(kind, dim)


def write(
    segments: Path,
    number: int,
    documents: Iterable[pa.Table],
    passages: Iterable[pa.Table],
    vectors: Iterable[np.ndarray],
    postings: Postings,
    *,
    dim: int,
    encoder: str,
    faiss: str = "auto",
    recall: float = 0.0,
    gpu: bool = False,
    seconds: dict[str, float] | None = None,
) -> SegmentEntry:
    """Write a segment under the folder `segments`; it gets its name once every file in it is on the
    disk.

    documents and passages: tables of the schemas in schema.py; vectors: (n, dim) float16 each, the
    rows of all passages together; encoder: the digest of the encoder; faiss, recall, gpu: what
    BuildConfig says; seconds: is told under `faiss` those that FAISS has taken. What comes in
    blocks is in memory a block at a time.
    """
    rows = len(postings.lengths)
    folder = segments / f".tmp-{number:06d}"
    files.remove(folder)  # a run that died here may have left files that this segment has not
    files.make_folder(folder)
    many = files.write_table(folder / DOCUMENTS_FILE, documents, DOCUMENTS)
    files.write_table(folder / PASSAGES_FILE, passages, PASSAGES)
    files.write_array(folder / VECTORS_FILE, vectors, (rows, dim), np.float16)
    postings.write(folder)
    setting: dict[str, Any] = {}
    if faiss != "auto" or rows * dim > dense.EXACT_NUMBERS:
        began = time.perf_counter()
        setting = _with_faiss(folder, faiss, recall=recall, gpu=gpu)
        if seconds is not None:
            seconds["faiss"] = time.perf_counter() - began
    stored = {
        p.name: StoredFile(p.stat().st_size, files.digest(p)) for p in sorted(folder.iterdir())
    }
    fingerprint = hashlib.sha256(
        "".join(file.digest for file in stored.values()).encode()
    ).hexdigest()
    entry = SegmentEntry(
        name=f"{number:06d}-{fingerprint[:6]}",
        rows=rows,
        documents=many,
        files=stored,
        encoder=encoder,
        dense=setting,
    )
    files.write_json(folder / ENTRY_FILE, asdict(entry))
    files.rename_folder(folder, segments / entry.name)
    return entry


def _with_faiss(folder: Path, kind: str, *, recall: float, gpu: bool) -> dict[str, Any]:
    """Add the FAISS index of the vectors in a folder, if `kind` asks for one; how to search it."""
    from lepton_local.store import ann  # only large segments pay for faiss

    vectors = np.load(folder / VECTORS_FILE, mmap_mode="r")
    built = ann.build(vectors, kind, recall=recall, gpu=gpu)
    if built is None:
        return {}
    ann.write(built[0], folder / FAISS_FILE)
    size = (folder / FAISS_FILE).stat().st_size
    return {**built[1], "bytes": round(size / len(vectors), 1)}
