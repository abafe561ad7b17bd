"""Arrays on disk, as .npy files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_local.store.storage import Mapped, Storage, StoredFile

_HEADER = 10_000  # bytes: more than any that we write


def write_array(
    storage: Storage, name: str, blocks: Iterable[np.ndarray], shape: tuple[int, ...], dtype: Any
) -> StoredFile:
    """Write an array of `shape` from blocks of rows, so that no more than one block need be in
    memory.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    with storage.put(name) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=dtype).data)
    return file.stored


def as_array(file: Mapped, shape: Sequence[int | None], dtype: Any) -> np.ndarray:
    """The array in a file, read when it is looked at.

    shape: of each axis its length, or None for any. Raises DamagedError for another array.
    """
    with pa.BufferReader(file.data) as head:
        try:
            if np.lib.format.read_magic(head) != (1, 0):
                raise ValueError("another version of the format")
            found, fortran, kind = np.lib.format.read_array_header_1_0(head, _HEADER)
        except (ValueError, EOFError, SyntaxError, RecursionError, MemoryError) as error:
            raise file.damaged(f"is no array ({error})") from None
        start = head.tell()
    fits = len(found) == len(shape) and all(
        length >= 0 and wanted in (None, length)
        for wanted, length in zip(shape, found, strict=True)
    )
    if not fits or fortran or kind != np.dtype(dtype):
        wanted = f"{_said(shape)} of {np.dtype(dtype)}"
        raise file.damaged(f"has {_said(found)} of {kind}, expected {wanted}")
    if start + math.prod(found) * kind.itemsize != file.data.size:
        raise file.damaged(f"has {file.data.size} bytes, expected {_said(found)} of {kind}")
    return np.frombuffer(file.data, dtype=kind, offset=start).reshape(found)


def _said(shape: Sequence[int | None]) -> str:
    return " x ".join("any" if length is None else str(length)[:20] for length in shape)
