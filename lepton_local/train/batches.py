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

Label = list[tuple[int, int, float]]  # first and last piece, and how far it is believed

POOL = 64  # batches whose groups are sorted by length together


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows beside each other, padded on the right; rows of one group stand together.

    `start` and `end` (rows, tokens) are the shares of belief that an answer begins or ends there,
    at 0 that there is none; rows of zeros are unknown. `relevant` (rows,) is 1, 0, or NaN for
    unknown; `group` (rows,) numbers the groups; `remembered` (rows,) is true for those that the
    base labels; `inside` (rows, tokens) is 1 where an answer may begin or end; `tags` (rows,
    tokens) is 1 in any answer, 0 in the rest of the passage, else NaN.
    """

    ids: Ints
    mask: Ints
    types: Ints
    inside: Ints
    start: NDArray[np.float32]
    end: NDArray[np.float32]
    relevant: NDArray[np.float32]
    group: Ints
    remembered: NDArray[np.bool_]
    tags: NDArray[np.float32]


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
    labels, relevant, numbers = [], [], []
    for number, group in enumerate(groups):
        found = tokens.windows(
            group.question, [c.passage for c in group.candidates], heading=heading
        )
        for place, candidate in enumerate(group.candidates):
            window, label = _chosen([w for w in found if w.passage == place], candidate, rng)
            windows.append(window)
            labels.append(label)
            relevant.append(np.nan if candidate.relevant is None else float(candidate.relevant))
            numbers.append(number)
    ids, mask, types = padded([window.row for window in windows])
    inside = np.zeros_like(ids)
    inside[:, 0] = 1
    start, end = np.zeros((2, *ids.shape), dtype=np.float32)
    tags = np.full(ids.shape, np.nan, dtype=np.float32)
    every = [candidate for group in groups for candidate in group.candidates]
    for row, (window, label) in enumerate(zip(windows, labels, strict=True)):
        inside[row, window.first : window.first + len(window.offsets)] = 1
        for first, last, share in label:
            start[row, first] += share
            end[row, last] += share
        if (spans := every[row].spans) is not None:
            tags[row, window.first : window.first + len(window.offsets)] = _within(window, spans)
    return Batch(
        ids,
        mask,
        types,
        inside,
        start=start,
        end=end,
        relevant=np.array(relevant, dtype=np.float32),
        group=np.array(numbers, dtype=np.int64),
        remembered=np.array([groups[number].remembered for number in numbers]),
        tags=tags,
    )


def _chosen(
    windows: list[Window], candidate: Candidate, rng: random.Random
) -> tuple[Window, Label]:
    """A window and its label. Where several hold an answer, or none does, one of them by chance."""
    if candidate.spans is None:
        return windows[0], []
    labels = [_label(window, candidate) for window in windows]
    held = [i for i, label in enumerate(labels) if any(first for first, _, _ in label)]
    chosen = rng.choice(held or range(len(windows)))
    return windows[chosen], labels[chosen]


def _label(window: Window, candidate: Candidate) -> Label:
    """The first and last piece of each span that lies whole in the window, and 0 for none, with
    their shares, which sum to 1.
    """
    spans = candidate.spans or ()
    shares = candidate.shares or tuple(1 / len(spans) for _ in spans)
    held = [
        (*places, share)
        for span, share in zip(spans, shares, strict=True)
        if share > 0 and (places := _places(window, *span))
    ]
    if (none := 1 - sum(shares)) > 0:
        held.append((0, 0, none))
    total = sum(share for _, _, share in held)
    return [(first, last, share / total) for first, last, share in held] or [(0, 0, 1.0)]


def _places(window: Window, start: int, end: int) -> tuple[int, int] | None:
    """The first and last piece of a span; None where it does not lie whole in the window."""
    if not len(window.offsets) or start < window.offsets[0, 0] or end > window.offsets[-1, 1]:
        return None
    first = int(np.searchsorted(window.offsets[:, 1], start, side="right"))
    last = int(np.searchsorted(window.offsets[:, 0], end, side="left")) - 1
    return (window.first + first, window.first + last) if first <= last else None


def _within(window: Window, spans: Spans) -> NDArray[np.bool_]:
    """Which pieces of the passage (k,) lie in any span, at least in part."""
    first, last = window.offsets[:, :1], window.offsets[:, 1:]
    starts, ends = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    return np.asarray(((first < ends) & (last > starts)).any(axis=1))
