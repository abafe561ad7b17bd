"""How much of a figure may be chance: a few dozen questions say less than they seem to.

- `interval`: the bootstrap's, Efron and Tibshirani 1993, "An Introduction to the Bootstrap"
- `paired`: Fisher's randomisation test, which Smucker, Allan and Carterette found to be the one to
  trust for search, https://doi.org/10.1145/1321440.1321528
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TIMES = 5000  # samples drawn
EXACT = 12  # differences of which every choice of signs is tried: 4,096


def interval(
    values: Sequence[float], *, share: float = 0.95, seed: int = 0
) -> tuple[float, float] | None:
    """Between which the mean lies in that share of samples, each of as many questions, drawn from
    these with replacement. None for fewer than two.
    """
    if len(values) < 2:
        return None
    array, draw = np.asarray(values, np.float64), np.random.default_rng(seed)
    means = [array[draw.integers(0, len(array), len(array))].mean() for _ in range(TIMES)]
    low, high = np.quantile(means, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def paired(differences: Sequence[float], *, seed: int = 0) -> float:
    """How probable a mean difference at least this large is, either way, were it only chance which
    of the two settings each value came from. 1 where nothing differs.
    """
    moved = np.asarray([each for each in differences if each], np.float64)
    if not len(moved):
        return 1.0
    observed = abs(moved.sum()) - 1e-9  # sums of the same values in another order differ a little
    if len(moved) <= EXACT:
        bits = np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1
        return float((np.abs((2 * bits - 1) @ moved) >= observed).mean())
    draw = np.random.default_rng(seed)
    reached = sum(
        abs(float(draw.choice((-1.0, 1.0), len(moved)) @ moved)) >= observed for _ in range(TIMES)
    )
    return float((reached + 1) / (TIMES + 1))
