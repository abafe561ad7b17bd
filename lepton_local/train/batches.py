"""Groups to arrays: which groups make a batch, which window of a passage is shown, and what the
network should say.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lepton_local.models.roles import Ints
from lepton_local.models.tokens import Tokens, Window, padded
from lepton_local.train.data import Candidate, Group, Spans

UNKNOWN = -100  # a position that nobody labelled: cross-entropy leaves it out
POOL = 64  # batches whose groups are sorted by length together


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows beside each other, padded on the right; rows of one group stand together.

    `start` and `end` (rows,) are positions, 0 for "no answer here" and UNKNOWN; `relevant` (rows,)
    is 1, 0, or NaN for unknown; `group` (rows,) numbers the groups; `remembered` (rows,) is true
    for those that the base labels; `inside` (rows, tokens) is 1 where an answer may begin or end.
    """

    ids: Ints
    mask: Ints
    types: Ints
    inside: Ints
    start: Ints
    end: Ints
    relevant: NDArray[np.float32]
    group: Ints
    remembered: NDArray[np.bool_]


def plan(groups: Sequence[Group], *, size: int, seed: int, epoch: int) -> list[list[int]]:
    """The epoch's batches, as places in `groups`: shuffled, but of like length within a batch.

    Padding then costs little: on passages of mixed length about a third of the time.
    """
    rng = random.Random(f"{seed} {epoch}")
    order = list(range(len(groups)))
    rng.shuffle(order)
    batches: list[list[int]] = []
    for first in range(0, len(order), size * POOL):
        pool = sorted(order[first : first + size * POOL], key=lambda i: groups[i].length)
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches


def collate(groups: Sequence[Group], tokens: Tokens, *, heading: bool, rng: random.Random) -> Batch:
    """Tokenise groups and choose one window of each passage, with an answer where there is one."""
    windows: list[Window] = []
    starts, ends, relevant, numbers = [], [], [], []
    for number, group in enumerate(groups):
        found = tokens.windows(
            group.question, [c.passage for c in group.candidates], heading=heading
        )
        for place, candidate in enumerate(group.candidates):
            window, (start, end) = _chosen([w for w in found if w.passage == place], candidate, rng)
            windows.append(window)
            starts.append(start)
            ends.append(end)
            relevant.append(np.nan if candidate.relevant is None else float(candidate.relevant))
            numbers.append(number)
    ids, mask, types = padded([window.row for window in windows])
    inside = np.zeros_like(ids)
    inside[:, 0] = 1
    for row, window in enumerate(windows):
        inside[row, window.first : window.first + len(window.offsets)] = 1
    return Batch(
        ids,
        mask,
        types,
        inside,
        start=np.array(starts, dtype=np.int64),
        end=np.array(ends, dtype=np.int64),
        relevant=np.array(relevant, dtype=np.float32),
        group=np.array(numbers, dtype=np.int64),
        remembered=np.array([groups[number].remembered for number in numbers]),
    )


def _chosen(
    windows: list[Window], candidate: Candidate, rng: random.Random
) -> tuple[Window, tuple[int, int]]:
    """A window and its label. Where several hold an answer, or none does, one of them by chance."""
    if candidate.spans is None:
        return windows[0], (UNKNOWN, UNKNOWN)
    held = [(window, span) for window in windows for span in _positions(window, candidate.spans)]
    return rng.choice(held) if held else (rng.choice(windows), (0, 0))


def _positions(window: Window, spans: Spans) -> list[tuple[int, int]]:
    """The positions of the first and last piece of each span that lies whole in the window."""
    if not len(window.offsets):
        return []
    low, high = int(window.offsets[0, 0]), int(window.offsets[-1, 1])
    out = []
    for start, end in spans:
        if low <= start and end <= high:
            first = int(np.searchsorted(window.offsets[:, 1], start, side="right"))
            last = int(np.searchsorted(window.offsets[:, 0], end, side="left")) - 1
            if first <= last:
                out.append((window.first + first, window.first + last))
    return out
