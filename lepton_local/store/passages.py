"""Rows of a Parquet file by number: only the row groups that hold them are read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lepton_local.errors import DamagedError
from lepton_local.store.bridge import take
from lepton_local.store.files import ROWS_PER_GROUP


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of strings, each kept once. values: the different strings; codes: (rows,) int32,
    which of them each row has.
    """

    values: pa.Array
    codes: np.ndarray

    def holds(self, condition: Callable[[str], bool]) -> np.ndarray:
        """(rows,) bool: whose string meets a condition; equal strings are looked at once."""
        good = [condition(value) for value in self.values.to_pylist()]
        return np.asarray(np.array(good, dtype=bool)[self.codes])


class Rows:
    """A Parquet file of 256-row groups, mapped when opened and read when asked, by any number of
    threads at once.
    """

    # Arrow's reader is for one thread, so that every read has its own: with the metadata at hand it
    # takes 14 µs to make, where 24 rows take 2.5 ms to read. A lock round one reader, or one for
    # each thread, was no faster with 1, 2 or 16 threads.

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map = pa.memory_map(
            str(path)
        )  # holds the file even if a later generation removes its name

    def take(self, rows: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """The rows with these numbers, in this order. rows: (n,) integers."""
        file = self._open()
        groups, position = np.unique(np.asarray(rows) // ROWS_PER_GROUP, return_inverse=True)
        with self._reading():
            table = file.read_row_groups(groups.tolist(), columns=list(columns), use_threads=False)
        # Every group is full but the last of the file, so a group's rows start at 256 times its
        # place among those read.
        return take(table, position * ROWS_PER_GROUP + np.asarray(rows) % ROWS_PER_GROUP)

    def column(self, name: str) -> pa.ChunkedArray:
        """One whole column."""
        return self.table([name]).column(0)

    def coded(self, name: str) -> Coded:
        """One whole column of strings."""
        metadata = self._metadata
        with self._reading():
            coded = pq.ParquetFile(self._map, metadata=metadata, read_dictionary=[name])
            column = coded.read(columns=[name]).column(0).unify_dictionaries()
        if not column.num_chunks:
            return Coded(pa.array([], pa.string()), np.empty(0, dtype=np.int32))
        codes = [np.from_dlpack(chunk.indices) for chunk in column.chunks]
        return Coded(column.chunk(0).dictionary, np.concatenate(codes))

    def table(self, columns: Sequence[str]) -> pa.Table:
        """Whole columns."""
        file = self._open()
        with self._reading():
            return file.read(columns=list(columns))

    def batches(self, rows: int = 16_384) -> Iterator[pa.Table]:
        """The whole file in tables of `rows` rows."""
        file = self._open()
        groups, step = range(file.num_row_groups), rows // ROWS_PER_GROUP
        for first in groups[::step]:
            with self._reading():
                table = file.read_row_groups(list(groups[first : first + step]), use_threads=False)
            yield table

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        with self._reading():
            return pq.read_metadata(self._map)

    def _open(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._map, metadata=self._metadata)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Bytes that are not Parquet, though their number is right, are told as damage."""
        try:
            yield
        except (OSError, ValueError) as error:  # Arrow's errors are of these kinds
            reason = " ".join(str(error).split())
            raise DamagedError(f"{self._path} cannot be read ({reason})") from None
