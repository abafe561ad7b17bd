"""The least change of a question that puts what was marked for it above what was not."""

from __future__ import annotations

import numpy as np

GAP = 0.1  # cosine by which the good passage is to lie above
ROUNDS = 10


def least_change(question: np.ndarray, good: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(dim,): what is added to a question (dim,) so that `good` (dim,) lies above `others`
    (n, dim).
    """
    change = np.zeros_like(question)
    for _ in range(ROUNDS):
        for apart in good - others:
            lacking = GAP - float((question + change) @ apart)
            if lacking > 0:
                change += lacking / max(float(apart @ apart), 1e-3) * apart
    return change
