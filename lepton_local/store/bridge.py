"""Between Arrow and numpy, without the libraries that Arrow's own ways load.

`pa.array(numpy_array)` and `column.to_numpy()` import pandas wherever it is installed, which would
be half of what a question costs at the terminal; `table.take` imports pyarrow.compute, and
`numpy.unique` of one array alone numpy.ma: a tenth together.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

FEW = 512  # rows that are sliced out one by one sooner than pyarrow.compute is loaded


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


def distinct(numbers: np.ndarray) -> np.ndarray:
    """The different numbers of an array, ascending."""
    return np.unique(numbers, return_index=True)[0]


def take(table: pa.Table, rows: np.ndarray) -> pa.Table:
    """The rows (n,) of a table, in this order."""
    if 0 < len(rows) <= FEW:
        return pa.concat_tables([table.slice(row, 1) for row in rows.tolist()])
    return table.take(to_arrow(rows))
