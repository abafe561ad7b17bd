"""Numbers between Arrow and numpy, without the detour through pandas.

`pa.array(numpy_array)` and `column.to_numpy()` import pandas wherever it is installed, which would
be half of what a question costs at the terminal.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def to_arrow(numbers: np.ndarray) -> pa.Array:
    """Integers (n,) as an Arrow array of int64."""
    data = pa.py_buffer(np.ascontiguousarray(numbers, dtype=np.int64))
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, data])


def to_numpy(column: pa.ChunkedArray) -> np.ndarray:
    """A column of numbers without nulls as one array (n,)."""
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks if len(chunk)]
    if len(chunks) == 1:
        return chunks[0]
    empty = np.empty(0, dtype=column.type.to_pandas_dtype())
    return np.concatenate(chunks) if chunks else empty
