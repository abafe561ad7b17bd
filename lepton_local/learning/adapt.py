"""The ladder: what an index learns from marks, a step at a time. A step is kept only if it wins on
marks that were held back from it, and what the documents say of themselves is still found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lepton_local.evaluation.chance import interval
from lepton_local.evaluation.rows import Ranking
from lepton_local.learning.held import FOLDS, Held
from lepton_local.learning.moves import moved
from lepton_local.learning.trial import Trial, Wanted, values
from lepton_local.learning.weights import weighed
from lepton_local.search.lessons import NONE, Lessons

LEAST = 0.005  # nDCG that a step must win on what was held back, and may not lose on the remembered
SURE = 0.8  # of the interval of what it wins, which must lie above zero
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the marks, of the learning curve

Fit = Callable[[np.ndarray], Lessons]  # from the numbers of the questions that are learnt from
# A step: its name, the marked questions that it takes, and what it adds to what was learnt.
STEPS: tuple[tuple[str, int, Callable[[Held, np.ndarray, Lessons], Lessons]], ...] = (
    ("weights", 30, weighed),
    ("questions", 100, moved),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it was worth, and why it is not used, if it is not."""

    name: str
    needed: int  # marks
    marks: int
    before: float = 0.0  # of what was held back: mean nDCG@10, of the threshold its worth
    after: float = 0.0
    interval: tuple[float, float] = (0.0, 0.0)  # of the difference
    remembered: tuple[float, float] = (0.0, 0.0)  # the mean nDCG@10 of these, before and after
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What came of the steps. before, after: what each question finds, held back."""

    lessons: Lessons
    steps: Sequence[Step]
    before: Sequence[Ranking]
    after: Sequence[Ranking]
    curve: Sequence[tuple[float, float]]  # questions that were learnt from, and mean nDCG@10


def too_few(marks: int) -> list[Step]:
    """The steps for which there are not marks enough."""
    return [_lacking(name, needed, marks) for name, needed, _ in STEPS if marks < needed]


def climb(held: Held, kept: Sequence[Wanted]) -> Ladder:
    """Try each step for which there are marks enough. kept: what must still be found."""
    marks = len(held.asked)
    fit: Fit = _nothing
    before = after = held.crossed(fit)
    steps = []
    for name, needed, teach in STEPS:
        if marks < needed:
            steps.append(_lacking(name, needed, marks))
            continue
        further = partial(_and, held, fit, teach)
        tried = held.crossed(further)
        was, now = values(after), values(tried)
        step = Step(name, needed, marks, float(was.mean()), float(now.mean()))
        both = fit(held.all), further(held.all)
        step = gated(step, now - was, partial(_values, held.trial, kept, both))
        steps.append(step)
        if not step.refused:
            fit, after = further, tried
    curve = [(0.0, float(values(before).mean()))]
    learnt_from = marks * (FOLDS - 1) / FOLDS
    curve += [
        (each * learnt_from, float(values(held.crossed(fit, each)).mean())) for each in SHARES
    ]
    return Ladder(fit(held.all), steps, before, after, curve)


def _nothing(_: np.ndarray) -> Lessons:
    return NONE


def _and(
    held: Held,
    before: Fit,
    teach: Callable[[Held, np.ndarray, Lessons], Lessons],
    some: np.ndarray,
) -> Lessons:
    return teach(held, some, before(some))


def _values(
    trial: Trial, kept: Sequence[Wanted], both: tuple[Lessons, Lessons]
) -> tuple[float, float]:
    before, after = both
    return trial.value(kept, before), trial.value(kept, after)


def _lacking(name: str, needed: int, marks: int) -> Step:
    return Step(name, needed, marks, refused=f"it takes {needed} marked questions")


def gated(step: Step, won: np.ndarray, remembered: Callable[[], tuple[float, float]]) -> Step:
    """The step, refused unless it wins on what was held back, and forgets nothing. won: (n,) by
    each question; remembered: what the questions to be remembered find, before and after.
    """
    low, high = interval(won.tolist(), share=SURE) or (0.0, 0.0)
    step = replace(step, interval=(low, high))
    if won.mean() < LEAST or low <= 0:
        return replace(step, refused="it does not win on marks that were held back")
    was, now = remembered()
    step = replace(step, remembered=(was, now))
    if was - now >= LEAST:
        return replace(step, refused="it loses on what the documents say of themselves")
    return step
