"""Marked questions of which some are held back, to see what the others teach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from lepton_local.evaluation.rows import Ranking
from lepton_local.learning.change import least_change
from lepton_local.learning.marks import Lesson, folds
from lepton_local.learning.trial import Trial, Wanted
from lepton_local.search.lessons import NONE, Lessons
from lepton_local.search.marked import rows_of
from lepton_local.types import Hit

FOLDS = 5


class Held:
    """Marked questions in as many parts as there are folds."""

    def __init__(self, trial: Trial, marks: Sequence[Lesson]) -> None:
        self.trial = trial
        self.marks = marks
        self.asked = [Wanted(each.question, each.good, _digest) for each in marks]
        encoder = trial.searcher.encoder
        vectors = encoder.encode([each.question for each in marks], kind="question")
        self.vectors = vectors.astype(np.float64)  # (n, dim)
        self.all = np.arange(len(marks))
        self.part = folds(self.vectors, FOLDS)  # (n,), from 0

    def crossed(self, fit: Callable[[np.ndarray], Lessons], share: float = 1.0) -> list[Ranking]:
        """What each question finds by what the others teach, or the first share of them."""
        found: dict[int, Ranking] = {}
        for part in range(FOLDS):
            out = np.flatnonzero(self.part == part).tolist()
            others = np.flatnonzero(self.part != part)
            fitted = fit(others[: max(1, round(share * len(others)))])
            ranked = self.trial.rankings([self.asked[at] for at in out], fitted)
            found.update(zip(out, ranked, strict=True))
        return [found[at] for at in range(len(self.asked))]

    @cached_property
    def changes(self) -> np.ndarray:
        """(n, dim): the least change of each question."""
        index, marks = self.trial.searcher.index, self.marks
        shown = [[hit.passage.digest for hit in self.trial.hits(each, NONE)] for each in self.asked]
        names = {name for found in shown for name in found}
        names |= {name for each in marks for name in (*each.good, *each.bad)}
        rows = {name: row for row, name in rows_of(index, names)}
        changes = np.zeros_like(self.vectors)
        for number, (each, found) in enumerate(zip(marks, shown, strict=True)):
            bad = {*found, *each.bad} - each.good
            good = index.take_vectors(np.array([rows[name] for name in sorted(each.good)]))
            others = np.array([rows[name] for name in sorted(bad) if name in rows], dtype=np.int64)
            question = self.vectors[number]
            nearest = good.astype(np.float64)[int((good @ question).argmax())]
            apart = index.take_vectors(others).astype(np.float64)
            changes[number] = least_change(question, nearest, apart)
        return changes


def _digest(hit: Hit) -> str:
    return hit.passage.digest
