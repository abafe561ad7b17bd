"""A field: the vectors that one encoder has made of a segment's rows. Rows may lack a vector."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import numpy as np

from lepton_local.store import dense
from lepton_local.store.arrays import as_array, rows_in, write_array
from lepton_local.store.entry import FieldEntry, SegmentEntry
from lepton_local.store.files import json_text
from lepton_local.store.names import (
    FAISS_FILE,
    FIELD_FILE,
    FIELDS_FOLDER,
    ROWS_FILE,
    VECTORS_FILE,
    half_written,
)
from lepton_local.store.storage import Storage, fingerprint, map_file

NO_FAISS = "none"  # what is asked for a field that is not whole yet


class Field:
    """The vectors of a segment's rows, mapped."""

    def __init__(
        self,
        storage: Storage,
        folder: str,
        entry: FieldEntry,
        rows: int,
        *,
        whole: bool = True,
    ) -> None:
        """rows: of the segment; whole: as of a `Segment`. Raises DamagedError."""
        self.entry = entry
        few = not whole and FAISS_FILE in entry.files  # else every question reads all of them
        files = {
            name: map_file(
                storage, f"{folder}/{name}", stored, whole=not (few and name == VECTORS_FILE)
            )
            for name, stored in entry.files.items()
        }
        self.vectors = rows_in(files[VECTORS_FILE], (entry.rows, entry.dim), np.float16)
        self._all = rows
        self._some = None  # the rows that have a vector, if some have none
        if ROWS_FILE in files:
            self._some = as_array(files[ROWS_FILE], (entry.rows,), np.int64)
            if not ascending(self._some, rows):
                raise files[ROWS_FILE].damaged(f"names rows that are not there, expected {rows}")
        self._faiss = files.get(FAISS_FILE)

    @cached_property
    def index(self) -> Any:
        """The FAISS index, or None where an exact scan is as good. Raises DamagedError."""
        if self._faiss is None:
            return None
        from lepton_local.store import ann  # loading it costs what small indexes never pay

        return ann.load(self._faiss, self.entry)

    def rows(self) -> np.ndarray:
        """The rows that have a vector, ascending: (n,) int64."""
        return np.arange(self._all) if self._some is None else self._some

    def of(self, mask: np.ndarray) -> np.ndarray:
        """The vectors of the rows that `mask` (rows,) allows, of those that have one: (n, dim)."""
        return np.asarray(self.vectors[mask if self._some is None else mask[self._some]])

    def nearest(self, question: np.ndarray, n: int, mask: np.ndarray) -> np.ndarray:
        """Rows near `question` (dim,) among those that `mask` (rows,) allows, at least the best `n`
        found and what ties with the last of them, in no order.
        """
        if self._some is None:
            return self._nearest(question, n, mask)
        return np.asarray(self._some[self._nearest(question, n, mask[self._some])])

    def cosines(self, question: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Exact cosines of `question` (dim,) and `rows`, (n,) float64; NaN for rows without a
        vector.
        """
        if self._some is None:
            return dense.exact(self.vectors, question, rows)
        place = np.minimum(np.searchsorted(self._some, rows), max(len(self._some) - 1, 0))
        there = self._some[place] == rows if len(self._some) else np.zeros(len(rows), dtype=bool)
        cosines = np.full(len(rows), np.nan)
        cosines[there] = dense.exact(self.vectors, question, place[there])
        return cosines

    def is_sound(self) -> bool:
        """Whether every vector has length 1, and the FAISS index can be read."""
        lengths = (
            np.linalg.norm(self.vectors[first : first + dense.FEW_ROWS].astype(np.float32), axis=1)
            for first in range(0, len(self.vectors), dense.FEW_ROWS)
        )
        return all(bool((np.abs(each - 1) <= 0.01).all()) for each in lengths) and (
            self._faiss is None or self.index is not None
        )

    def _nearest(self, question: np.ndarray, n: int, mask: np.ndarray) -> np.ndarray:
        allowed = int(np.count_nonzero(mask))
        if allowed > dense.FEW_ROWS and self.index is not None:
            from lepton_local.store import ann  # as above

            return ann.search(self.index, question, n, mask, self.entry.faiss)
        if allowed * 4 < len(mask):
            rows = np.flatnonzero(mask)
            every = np.ones(len(rows), dtype=bool)
            return np.asarray(rows[dense.scan(self.vectors[rows], question, n, every)])
        return dense.scan(self.vectors, question, n, mask)


def ascending(rows: np.ndarray, below: int) -> bool:
    """Whether these are rows from 0 up to `below`, each once, in order."""
    ends = not len(rows) or 0 <= rows[0] <= rows[-1] < below
    return bool(ends and (rows[1:] > rows[:-1]).all())


def write_field(
    storage: Storage,
    folder: str,
    vectors: Iterable[np.ndarray],
    *,
    rows: int,
    encoder: str,
    dim: int,
    some: np.ndarray | None = None,
) -> FieldEntry:
    """Write the vectors of a segment's rows into a folder: (n, dim) float16 blocks, `rows` rows
    together. encoder: its digest; some: (rows,) the rows of the segment that have one, ascending,
    unless all have.
    """
    files = {
        VECTORS_FILE: write_array(
            storage, f"{folder}/{VECTORS_FILE}", vectors, (rows, dim), np.float16
        )
    }
    if some is not None:
        named = f"{folder}/{ROWS_FILE}"
        files[ROWS_FILE] = write_array(storage, named, [some], some.shape, np.int64)
    return FieldEntry(encoder, dim, rows, files)


class _Remapped:
    """The vectors of a field, in a file that is mapped anew each time: what was read of it does not
    stay in the memory of a process that reads all of it, more than once.
    """

    def __init__(self, storage: Storage, folder: str, entry: FieldEntry) -> None:
        self._storage, self._name = storage, f"{folder}/{VECTORS_FILE}"
        self._stored = entry.files[VECTORS_FILE]
        self.shape = entry.rows, entry.dim

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        file = map_file(self._storage, self._name, self._stored)
        return np.array(rows_in(file, self.shape, np.float16)[rows])


def wants_faiss(entry: FieldEntry, faiss: str) -> bool:
    """Whether a field of this size may get a FAISS index."""
    large = faiss == "auto" and entry.rows * entry.dim > dense.EXACT_NUMBERS
    return large or faiss not in ("auto", NO_FAISS)


def with_faiss(
    storage: Storage, folder: str, entry: FieldEntry, *, faiss: str, recall: float, gpu: bool
) -> FieldEntry:
    """The entry of a field whose files lie in a folder, which gets a FAISS index if `faiss` and its
    size ask for one.
    """
    if not wants_faiss(entry, faiss):
        return entry
    from lepton_local.store import ann  # only large segments pay for faiss

    built = ann.build(_Remapped(storage, folder, entry), faiss, recall=recall, gpu=gpu)
    if built is None:
        return entry
    stored = ann.write(built[0], storage, f"{folder}/{FAISS_FILE}")
    setting = {**built[1], "bytes": round(stored.size / entry.rows, 1)}
    return replace(entry, files={**entry.files, FAISS_FILE: stored}, faiss=setting)


def add_field(
    storage: Storage,
    entry: SegmentEntry,
    name: str,
    vectors: Iterable[np.ndarray],
    *,
    rows: int,
    encoder: str,
    dim: int,
    faiss: str,
    recall: float,
    some: np.ndarray | None = None,
    gpu: bool = False,
) -> SegmentEntry:
    """A segment with a further field, whose files get a folder of their own: no byte of the segment
    changes. The arguments are those of `write_field` and `with_faiss`.
    """
    half = f"{FIELDS_FOLDER}/{half_written()}"
    made = write_field(storage, half, vectors, rows=rows, encoder=encoder, dim=dim, some=some)
    made = with_faiss(storage, half, made, faiss=faiss, recall=recall, gpu=gpu)
    folder = f"{FIELDS_FOLDER}/{entry.name}.{name}-{fingerprint(made.files.values())}"
    made = replace(made, folder=folder)
    with storage.put(f"{half}/{FIELD_FILE}") as file:
        file.write(json_text(asdict(made)).encode())
    storage.rename(half, folder)
    return replace(entry, fields={**entry.fields, name: made})


def check_faiss(kind: str, dim: int) -> None:
    """Raises InputError for a `--faiss` word that FAISS does not know."""
    if kind != "auto":
        from lepton_local.store import ann  # as above

        ann.check_kind(kind, dim)
