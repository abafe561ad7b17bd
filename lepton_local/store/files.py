"""The only module that writes, renames or removes files.

Every file appears whole or not at all: it is written beside its place, flushed to the disk, and
renamed over it, and the folder that names it is flushed too. A process that dies at any moment
leaves either the old file or the new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

# 256 rows a group: 100 random rows of 400,000 are read in 9 ms; the library's default groups take
# 150 to 350 ms.
ROWS_PER_GROUP = 256


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that takes its place at `path` when the block ends without an error."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise
    flush_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8."""
    with writing(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON that people can read and diff."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """What `write_json` writes."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def write_array(
    path: Path, blocks: Iterable[np.ndarray], shape: tuple[int, ...], dtype: Any
) -> None:
    """Write an .npy file of `shape` from blocks of rows, so that no more than one block need be in
    memory.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    with writing(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=dtype).data)


def write_table(
    path: Path, tables: Iterable[pa.Table], schema: pa.Schema, *, group: int = ROWS_PER_GROUP
) -> int:
    """Write a Parquet file from tables of `schema`; return the number of its rows. Every row group
    but the last has `group` rows.
    """
    rest, rows = pa.Table.from_batches([], schema), 0
    with (
        writing(path) as file,
        pq.ParquetWriter(file, schema, compression="lz4", write_statistics=False) as writer,
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
    return rows


def make_folder(path: Path) -> Path:
    """Make a folder and its parents, if they are not there."""
    path.mkdir(parents=True, exist_ok=True)
    return path


def rename_folder(path: Path, to: Path) -> None:
    """Give a finished folder its name; its files have been flushed already."""
    flush_folder(path)
    os.rename(path, to)
    flush_folder(to.parent)


def remove(path: Path) -> None:
    """Remove a file or a folder. What another process holds open is left for the next time."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def remove_empty(path: Path) -> None:
    """Remove a folder if nothing is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(path)


def flush_folder(path: Path) -> None:
    """Make the names in a folder durable (Windows has no such call, and needs none)."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def digest(path: Path) -> str:
    """ "sha256:…" of a file's bytes."""
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
