"""Arrays on disk, as .npy files."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from lepton_local.store.storage import Mapped, Storage, StoredFile

_HEAD = 128  # bytes of the head of an .npy file of one or two axes
_NEAR = 1 << 15  # bytes between two rows that are read along with them: half an encrypted block
_TOGETHER = 1 << 21  # bytes that are read at a time, at most, for rows that are near each other


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
    wanted, head = _checked(file, shape, dtype)
    return np.frombuffer(file.data, dtype=dtype, offset=head).reshape(wanted)


class RowsOf(Protocol):
    """Rows of numbers that are taken some at a time: an array is one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> np.ndarray: ...


class FarRows:
    """The rows of such an array, in a file that is brought by parts."""

    def __init__(self, file: Mapped, shape: tuple[int, ...], dtype: Any) -> None:
        """As `as_array`."""
        self._file, self._type = file, np.dtype(dtype)
        self.shape, self._head = _checked(file, shape, dtype)
        self._width = self._type.itemsize * math.prod(self.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        """What the array would give of a slice, of numbers (n,), or of bool (rows,)."""
        rows, *rest = rows if isinstance(rows, tuple) else (rows,)
        place: Any = slice(None)
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            ends = [(start, stop)] if start < stop else []
        else:
            rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
            rows = np.where(rows < 0, rows + len(self), rows)
            ends, place = self._near(rows)
        spans = [(self._head + low * self._width, (high - low) * self._width) for low, high in ends]
        parts = self._file.far
        if parts is None or not parts.want(spans):
            whole = np.frombuffer(self._file.data, dtype=self._type, offset=self._head)
            return np.asarray(whole.reshape(self.shape)[(rows, *rest)])
        data = b"".join(parts.get(*span) for span in spans)
        found = np.frombuffer(data, dtype=self._type).reshape(-1, *self.shape[1:])
        return np.asarray(found[(place, *rest)])

    def _near(self, rows: np.ndarray) -> tuple[list[tuple[int, int]], np.ndarray]:
        """From where to where to read, so that rows (n,) near each other are read together, and
        where each of them stands in what was read.
        """
        wanted, which = np.unique(rows, return_inverse=True)
        if not len(wanted):
            return [], np.empty(rows.shape, dtype=np.int64)
        far = max(_TOGETHER // self._width, 1)
        apart = (np.diff(wanted) * self._width > _NEAR) | (np.diff(wanted // far) > 0)
        cut = np.flatnonzero(apart)
        first = wanted[np.append(0, cut + 1)]
        end = wanted[np.append(cut, len(wanted) - 1)] + 1
        run = np.append(0, np.cumsum(apart))
        place = wanted - first[run] + np.append(0, np.cumsum(end - first))[run]
        return list(zip(first.tolist(), end.tolist(), strict=True)), place[
            which.reshape(rows.shape)
        ]


def rows_in(file: Mapped, shape: tuple[int, ...], dtype: Any) -> RowsOf:
    """The same, whose rows are brought when they are asked for where the file lies elsewhere."""
    return (as_array if file.parts is None else FarRows)(file, shape, dtype)


def _checked(file: Mapped, shape: tuple[int, ...], dtype: Any) -> tuple[tuple[int, ...], int]:
    """The whole shape of the array in a file, and where it begins."""
    kind = np.dtype(dtype)
    first, *rest = shape
    if first < 0:
        first = max(file.size - _HEAD, 0) // (kind.itemsize * math.prod(rest))
    wanted = (first, *rest)
    head = _header(wanted, kind)
    size = len(head) + math.prod(wanted) * kind.itemsize
    if file.size != size or file.get(0, len(head)).to_pybytes() != head:
        said = " x ".join(map(str, shape)).replace("-1", "any")
        raise file.damaged(f"is no array of {said} {kind}, expected what was written")
    return wanted, len(head)


def _header(shape: tuple[int, ...], dtype: Any) -> bytes:
    """The head of an .npy file."""
    head = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    told = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(head, told)
    return head.getvalue()
