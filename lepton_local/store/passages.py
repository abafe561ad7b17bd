"""Tables on disk, as Parquet files, and their rows by number: only the row groups that hold them
are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lepton_local.errors import DamagedError
from lepton_local.store.bridge import take
from lepton_local.store.parts import Reader
from lepton_local.store.storage import Mapped, Storage, StoredFile

# 256 rows a group: 100 random rows of 400,000 are read in 9 ms; the library's default groups take
# 150 to 350 ms.
ROWS_PER_GROUP = 256
CODEC = "lz4"
MOST = 1 << 30  # bytes that a column of a group may become in memory
_NEVER_EQUAL = ("text", "term", "text_digest")  # columns for which a dictionary is of no use


# What Arrow raises for bytes that it cannot read.
_ARROW = (OSError, ValueError, MemoryError, TypeError, KeyError, IndexError, OverflowError)


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


def write_table(
    storage: Storage,
    name: str,
    tables: Iterable[pa.Table],
    schema: pa.Schema,
    *,
    group: int = ROWS_PER_GROUP,
) -> tuple[StoredFile, int]:
    """Write a Parquet file from tables of `schema`; gives the number of its rows, too. Every row
    group but the last has `group` rows.
    """
    rest, rows = pa.Table.from_batches([], schema), 0
    coded = [column for column in schema.names if column not in _NEVER_EQUAL]
    with (
        storage.put(name) as file,
        pq.ParquetWriter(
            file, schema, compression=CODEC, write_statistics=False, use_dictionary=coded
        ) as writer,
    ):
        for table in tables:
            rows += len(table)
            rest = pa.concat_tables([rest, table.select(schema.names).cast(schema)])
            whole = len(rest) // group * group
            if whole:  # an empty table would become an empty row group
                writer.write_table(rest.slice(0, whole), row_group_size=group)
                rest = rest.slice(whole)
        if len(rest):
            writer.write_table(rest, row_group_size=group)
    return file.stored, rows


class Rows:
    """A Parquet file of equal row groups, mapped when opened and read when asked, by any number of
    threads at once.
    """

    # Arrow's reader is for one thread, so that every read has its own: with the metadata at hand it
    # takes 14 µs to make, where 24 rows take 2.5 ms to read. A lock round one reader, or one for
    # each thread, was no faster with 1, 2 or 16 threads.

    def __init__(
        self,
        file: Mapped,
        schema: pa.Schema,
        rows: int | None,
        *,
        group: int = ROWS_PER_GROUP,
        moved: Mapping[str, str] | None = None,
    ) -> None:
        """rows: how many it must have, None for any; moved: roots that are others by now than were
        written.
        """
        self._mapped, self._schema, self._rows, self._group = file, schema, rows, group
        self._moved = moved

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        """What the file says of itself. Raises DamagedError for other columns or rows."""
        try:
            found = pq.read_metadata(self._source())
            columns = found.schema.to_arrow_schema()
        except _ARROW as error:
            raise self._damaged(error) from None
        rows, groups, wanted = found.num_rows, found.num_row_groups, self._rows
        if not columns.equals(self._schema):
            raise self._mapped.damaged("has other columns than were written")
        if wanted not in (None, rows) or groups != -(-rows // self._group):
            raise self._mapped.damaged(
                f"has {rows} rows in {groups} groups, expected "
                f"{'any' if wanted is None else wanted} in groups of {self._group}"
            )
        return found

    @property
    def name(self) -> str:
        """The name of the file, without its folders."""
        return self._mapped.name.rpartition("/")[2]

    def take(self, rows: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """The rows with these numbers, in this order. rows: (n,) integers."""
        groups, position = np.unique(np.asarray(rows) // self._group, return_inverse=True)
        # Every group is full but the last of the file, so a group's rows start at 256 times its
        # place among those read.
        within = position * self._group + np.asarray(rows) % self._group
        return self._read(groups.tolist(), columns, lambda table: take(table, within))

    def column(self, name: str) -> pa.ChunkedArray:
        """One whole column."""
        return self.table([name]).column(0)

    def coded(self, name: str) -> Coded:
        """One whole column of strings."""
        table = self._read(self._all, [name], pa.Table.unify_dictionaries, read_dictionary=[name])
        column = table.column(0)
        if not column.num_chunks:
            return Coded(pa.array([], pa.string()), np.empty(0, dtype=np.int32))
        codes = [np.from_dlpack(chunk.indices) for chunk in column.chunks]
        return Coded(column.chunk(0).dictionary, np.concatenate(codes))

    def table(self, columns: Sequence[str]) -> pa.Table:
        """Whole columns."""
        return self._read(self._all, columns, threads=True)

    def batches(self, rows: int = 16_384) -> Iterator[pa.Table]:
        """The whole file in tables of `rows` rows."""
        step = rows // self._group
        for first in self._all[::step]:
            yield self._read(self._all[first : first + step], self._columns)

    @property
    def _all(self) -> range:
        return range(self._metadata.num_row_groups)

    @cached_property
    def _columns(self) -> dict[str, list[int]]:
        """Which columns of the file each column of a table is made of."""
        found: dict[str, list[int]] = {}
        for number in range(self._metadata.num_columns):
            name = self._metadata.schema.column(number).path.partition(".")[0]
            found.setdefault(name, []).append(number)
        return found

    def _read(
        self,
        groups: Sequence[int],
        columns: Iterable[str],
        then: Callable[[pa.Table], pa.Table] = lambda table: table,
        *,
        threads: bool = False,
        read_dictionary: Sequence[str] = (),
    ) -> pa.Table:
        """Columns of row groups, and what `then` makes of them; bytes that are not Parquet, though
        their number is right, are told as damage.
        """
        columns = list(columns)
        self._want(groups, columns)
        try:
            for group in groups:
                self._check(group, columns)
            table = self._file(read_dictionary).read_row_groups(
                list(groups), columns=columns, use_threads=threads
            )
            table = then(table)
            table.validate(full=True)
            if self._moved and "root" in columns:
                table = _with_roots(table, self._moved)
        except _ARROW as error:
            raise self._damaged(error) from None
        return table

    def _file(self, read_dictionary: Sequence[str] = ()) -> pq.ParquetFile:
        return pq.ParquetFile(
            self._source(), metadata=self._metadata, read_dictionary=list(read_dictionary)
        )

    def _source(self) -> Any:
        if (parts := self._mapped.far) is None:
            return pa.BufferReader(self._mapped.data)
        return pa.PythonFile(Reader(parts, lambda: self._mapped.data), mode="r")

    def _want(self, groups: Sequence[int], columns: Iterable[str]) -> None:
        """Of a file that lies elsewhere, bring all at once that is to be read one by one."""
        if (parts := self._mapped.far) is not None:
            places = [place for name in columns for place in self._columns[name]]
            chunks = (
                self._metadata.row_group(group).column(place)
                for group in groups
                for place in places
            )
            spans = [
                (each.dictionary_page_offset or each.data_page_offset, each.total_compressed_size)
                for each in chunks
            ]
            if not parts.want(spans):
                self._mapped.data  # noqa: B018

    def _check(self, number: int, columns: Iterable[str]) -> None:
        """Raises ValueError for a group of another number of rows, or of more bytes than memory
        should hold.
        """
        group = self._metadata.row_group(number)
        if group.num_rows != min(self._group, self._metadata.num_rows - number * self._group):
            raise ValueError(f"a group of {group.num_rows} rows")
        for name in columns:
            for column in (group.column(place) for place in self._columns[name]):
                size = column.total_uncompressed_size
                if column.compression != CODEC.upper() or size > MOST:
                    raise ValueError(f"{size} bytes of {column.compression}")
                if column.has_dictionary_page and size * group.num_rows > MOST:
                    self._check_dictionary(number, name)

    def _check_dictionary(self, number: int, name: str) -> None:
        """A dictionary holds a string once, and the rows may name it again and again."""
        column = self._file([name]).read_row_groups([number], columns=[name]).column(0)
        for chunk in column.chunks:
            if isinstance(chunk, pa.DictionaryArray):
                longest = np.diff(np.frombuffer(chunk.dictionary.buffers()[1], dtype=np.int32))
                if int(longest[np.from_dlpack(chunk.indices)].sum(dtype=np.int64)) > MOST:
                    raise ValueError(f"more than {MOST} bytes of {name}")

    def _damaged(self, error: Exception) -> DamagedError:
        return self._mapped.damaged(f"cannot be read ({error})")


def _with_roots(table: pa.Table, moved: Mapping[str, str]) -> pa.Table:
    """The table with other roots in its column `root`, of strings or coded."""
    place = table.schema.get_field_index("root")
    column = table.column(place)
    plain = pa.types.is_string(column.type)
    chunks = [
        pa.DictionaryArray.from_arrays(
            chunk.indices,
            pa.array([moved.get(root, root) for root in chunk.dictionary.to_pylist()], pa.string()),
        )
        for chunk in (column.dictionary_encode() if plain else column).chunks
    ]
    renamed = pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string()))
    renamed = renamed.cast(pa.string()) if plain else renamed
    return table.set_column(place, table.schema.field(place), renamed)
