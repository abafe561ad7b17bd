"""What marks teach: questions, the passages that were good for each, and those that were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from lepton_local.search.marked import NEAR, key_of
from lepton_local.store.feedback import ANSWER_GOOD, HIT_BAD, HIT_GOOD, Event

# Questions for which one passage may count as good, at most: who votes one passage up for
# everything teaches no more than this.
OF_EACH = 3


@dataclass(frozen=True, slots=True)
class Lesson:
    """A question that was marked. Passages are named by their digests."""

    question: str
    good: frozenset[str]
    bad: frozenset[str]
    filters: tuple[str, ...] = ()  # that it is asked with


def lessons_of(events: Iterable[Event], there: Collection[str]) -> list[Lesson]:
    """The questions with a good passage that is still there, in the order of their first marks.

    Of several marks of a passage for a question the last holds.
    """
    words: dict[tuple[str, tuple[str, ...]], str] = {}
    told: dict[tuple[str, tuple[str, ...]], dict[str, bool]] = {}
    for event in events:
        if event.what is not None and event.action in (HIT_GOOD, ANSWER_GOOD, HIT_BAD):
            key = key_of(event.question), event.filters
            words.setdefault(key, event.question)
            told.setdefault(key, {})[event.what.passage] = event.action != HIT_BAD
    seen: Counter[str] = Counter()
    found = []
    for key, marks in told.items():
        good = {name for name, is_good in marks.items() if is_good and name in there}
        seen.update(good)
        good = {name for name in good if seen[name] <= OF_EACH}
        if good:
            bad = frozenset(name for name, is_good in marks.items() if not is_good)
            found.append(Lesson(words[key], frozenset(good), bad, key[1]))
    return found


def folds(vectors: np.ndarray, n: int, *, seed: int = 0) -> np.ndarray:
    """(rows,) int: which of `n` parts each question belongs to, by unit vectors (rows, dim). Those
    that ask nearly the same stay together, so that none is held back from its own copy.
    """
    group = np.arange(len(vectors))
    near = vectors.astype(np.float64) @ vectors.T.astype(np.float64) >= NEAR
    for row in range(len(vectors)):
        group[row] = group[np.flatnonzero(near[row])[0]]
    names, member = np.unique(group, return_inverse=True)
    part = np.random.default_rng(seed).permutation(len(names)) % n
    return np.asarray(part[member])
