"""Many vectors made from real ones, and the true neighbours of questions among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from support.large import JITTER

BLOCK = 65_536  # rows that are float32 at a time
NEAREST = 10


def make(real: np.ndarray, path: Path, *, rows: int, seed: int = 0) -> Path:
    """Write (rows, dim) float16 unit vectors: each a real one, moved along the difference of two
    others, which keeps neighbours about as near as real ones. A file that is there is used again.
    """
    if path.exists():
        return path
    random = np.random.default_rng(seed)
    part = path.with_suffix(".part")
    out = open_memmap(part, mode="w+", dtype=np.float16, shape=(rows, real.shape[1]))
    for first in range(0, rows, BLOCK):
        one, plus, minus = random.integers(len(real), size=(3, min(BLOCK, rows - first)))
        moved = real[one] + JITTER * (real[plus] - real[minus])
        out[first : first + BLOCK] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    out.flush()
    part.rename(path)
    return path


def blocks(vectors: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """First row and rows in float32, a block at a time."""
    for first in range(0, len(vectors), BLOCK):
        yield first, vectors[first : first + BLOCK].astype(np.float32)


def truth(vectors: np.ndarray, questions: np.ndarray) -> np.ndarray:
    """Rows of the NEAREST best cosines of each question, (questions, NEAREST), in no order."""
    best = np.empty((len(questions), 0), dtype=np.float32)
    rows = np.empty((len(questions), 0), dtype=np.int64)
    for first, block in blocks(vectors):
        scores = questions @ block.T
        keep = np.argpartition(-scores, min(NEAREST, len(block) - 1), axis=1)[:, :NEAREST]
        best = np.hstack([best, np.take_along_axis(scores, keep, axis=1)])
        rows = np.hstack([rows, keep + first])
        keep = np.argpartition(-best, min(NEAREST, best.shape[1] - 1), axis=1)[:, :NEAREST]
        best = np.take_along_axis(best, keep, axis=1)
        rows = np.take_along_axis(rows, keep, axis=1)
    return rows
