"""How sure an answer must be, from answers that were marked: below the threshold more of them were
wrong than right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Marked:
    """The best answer to a question that was marked, given or not."""

    question: str
    confidence: float
    right: bool


def isotonic(values: Sequence[float]) -> np.ndarray:
    """The rising sequence (n,) nearest to these, by pooling adjacent violators (Ayer et al. 1955,
    https://doi.org/10.1214/aoms/1177728423).
    """
    pools: list[tuple[float, int]] = []
    for value in values:
        pools.append((float(value), 1))
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (one, n), (other, m) = pools[-2:]
            pools[-2:] = [((one * n + other * m) / (n + m), n + m)]
    return np.array([mean for mean, size in pools for _ in range(size)])


def fitted(marks: Sequence[Marked], shipped: float) -> float:
    """The confidence from which an answer is rather right than wrong; that which ships, where all
    are, or none is.
    """
    ordered = sorted(marks, key=lambda each: each.confidence)
    right = isotonic([each.right for each in ordered])
    sure = [each.confidence for each, share in zip(ordered, right, strict=True) if share > 0.5]
    if not sure or len(sure) == len(ordered):
        return shipped
    below = max(each.confidence for each in ordered if each.confidence < sure[0])
    return (below + sure[0]) / 2


def worth(mark: Marked, threshold: float) -> float:
    """1 for a right answer that is given, -1 for a wrong one, 0 for none."""
    return (1.0 if mark.right else -1.0) if mark.confidence >= threshold else 0.0
