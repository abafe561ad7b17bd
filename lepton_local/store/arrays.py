"""Arrays on disk, as .npy files."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from lepton_local.store.storage import Mapped, Storage, StoredFile

_HEAD = 128  # bytes of the head of an .npy file of one or two axes


def write_array(
    storage: Storage, name: str, blocks: Iterable[np.ndarray], shape: tuple[int, ...], dtype: Any
) -> StoredFile:
    """Write an array of `shape` from blocks of rows, so that no more than one block need be in
    memory.
    """
    with storage.put(name) as file:
        file.write(_header(shape, dtype))
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=dtype).data)
    return file.stored


def as_array(file: Mapped, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """The array in a file, read when it is looked at.

    shape: of each axis its length; the first may be -1, for any. Raises DamagedError for another
    array: its head must be the one that we would have written.
    """
    kind = np.dtype(dtype)
    first, *rest = shape
    if first < 0:
        first = max(file.data.size - _HEAD, 0) // (kind.itemsize * math.prod(rest))
    wanted = (first, *rest)
    head = _header(wanted, kind)
    size = len(head) + math.prod(wanted) * kind.itemsize
    if file.data.size != size or file.data.slice(0, len(head)).to_pybytes() != head:
        said = " x ".join(map(str, shape)).replace("-1", "any")
        raise file.damaged(f"is no array of {said} {kind}, expected what was written")
    return np.frombuffer(file.data, dtype=kind, offset=len(head)).reshape(wanted)


def _header(shape: tuple[int, ...], dtype: Any) -> bytes:
    """The head of an .npy file."""
    head = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    told = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, told)
    return head.getvalue()
