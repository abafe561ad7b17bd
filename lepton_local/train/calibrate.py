"""Fitting what a reader's scores are worth, on questions whose answers are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import Question
from lepton_local.evaluation.evaluate import by_article, leaving_out
from lepton_local.evaluation.metrics import HAN, calibration_error, f1
from lepton_local.models.calibration import LEAST, Answer, Signs
from lepton_local.search.answer import Proposal, probabilities
from lepton_local.search.question import without_conditions
from lepton_local.search.searcher import Searcher
from lepton_local.types import Progress

FEWEST = 40  # questions: of fewer, three numbers would be learnt by heart
RIGHT = 0.5  # F1 from which a span counts as right
WEIGHTS = (*Signs._fields, "bias")
PRIOR = 0.5  # of the squares by which weights leave their defaults: a sign that is rare says little
WRONG = 0.5  # what a wrong answer costs, where a right one is worth 1 and none nothing


@dataclass(frozen=True, slots=True)
class Judged:
    """The spans of one question: `signs` (n, number of signs) and `right` (n,)."""

    signs: np.ndarray
    right: np.ndarray


def judged(
    searcher: Searcher,
    questions: Sequence[Question],
    *,
    progress: Progress | None = None,
) -> list[Judged]:
    """Ask each question, and again with the document that answers it left out, so that nothing is
    right.

    That document is the file named like the question's article; where none is, the question is
    asked once.
    """
    rows: list[Judged] = []
    for number, question in enumerate(questions, 1):
        text = without_conditions(question.text)
        found = searcher.spans(text)
        rows.append(_judge(question, found))
        own = by_article(each.hit.path for each in found).get(question.title)
        if question.answers and own:
            without = leaving_out(own)
            nothing = replace(question, answers=())
            rows.append(_judge(nothing, searcher.spans(text, filters=without)))
        if progress is not None:
            progress("ask", number, len(questions))
    return rows


def _judge(question: Question, found: Sequence[Proposal]) -> Judged:
    chinese = HAN.search(question.text) is not None
    return Judged(
        np.array([each.signs for each in found]).reshape(-1, len(Signs._fields)),
        np.array(
            [
                bool(question.answers) and f1(each.text, question.answers, chinese=chinese) >= RIGHT
                for each in found
            ],
            dtype=bool,
        ),
    )


def fit(
    rows: Sequence[Judged], start: Answer | None = None, learnt: Sequence[str] = WEIGHTS
) -> Answer:
    """The calibration under which what is right is most probable: a span that is, or that none is.
    Weights that are not `learnt` stay as `start` has them.

    A multinomial logit over a question's spans and "none of them", whose strength is 0, by maximum
    likelihood. Raises InputError for too few questions, or where nothing or everything is right.
    """
    answered = sum(bool(row.right.any()) for row in rows)
    if len(rows) < FEWEST or not 0 < answered < len(rows):
        raise InputError(
            f"{answered} of {len(rows)} questions have a right span, expected some of at least "
            f"{FEWEST}, and some without one",
            advice="give more questions about the index's documents",
        )
    start = Answer() if start is None else start
    before = torch.from_numpy(_weights(start))
    moved = torch.tensor([name in learnt for name in WEIGHTS], dtype=torch.float64)
    change = torch.zeros_like(before, requires_grad=True)
    signs, inside, right = _padded(rows)
    optimiser = torch.optim.LBFGS([change], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        weights = before + moved * change
        strengths = functional.pad(signs @ weights[:-1] + weights[-1], (1, 0))
        said = strengths.masked_fill(~inside, -torch.inf).logsumexp(1)
        correct = strengths.masked_fill(~right, -torch.inf).logsumexp(1)
        mean = (said - correct).mean()
        mean = mean + PRIOR / len(rows) * (weights - before)[2:-1].square().sum()
        mean.backward()  # type: ignore[no-untyped-call]
        return mean

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    weights = (before + moved * change).detach()
    found = dict(zip(WEIGHTS, (round(float(each), 4) for each in weights), strict=True))
    # Spans of a network that has learnt nothing are no more likely the surer it is.
    how = replace(start, **{**found, "gain": max(found["gain"], LEAST)})
    return replace(how, threshold=threshold(*best_spans(rows, how)))


def _padded(rows: Sequence[Judged]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Signs (rows, most spans, number of signs), and which places (rows, 1 + most spans) are there
    and which are right; the first place is "none of them".
    """
    most = max(len(row.right) for row in rows)
    signs = np.zeros((len(rows), most, len(Signs._fields)))
    inside, right = np.zeros((2, len(rows), 1 + most), dtype=bool)
    inside[:, 0] = True
    for place, row in enumerate(rows):
        spans = len(row.right)
        signs[place, :spans] = row.signs
        inside[place, 1 : 1 + spans] = True
        right[place, 1 : 1 + spans] = row.right
        right[place, 0] = not row.right.any()
    return torch.from_numpy(signs), torch.from_numpy(inside), torch.from_numpy(right)


def _weights(how: Answer) -> np.ndarray:
    return np.array([getattr(how, name) for name in WEIGHTS], dtype=np.float64)


def best_spans(rows: Sequence[Judged], how: Answer) -> tuple[np.ndarray, np.ndarray]:
    """The probability of each question's best span (n,), 0 without one, and whether it is right."""
    sure, right = np.zeros(len(rows)), np.zeros(len(rows), dtype=bool)
    for place, row in enumerate(rows):
        if len(row.right):
            weights = _weights(how)
            strengths = row.signs @ weights[:-1] + weights[-1]
            best = int(strengths.argmax())
            sure[place], right[place] = probabilities(strengths.tolist())[best], row.right[best]
    return sure, right


def threshold(sure: np.ndarray, right: np.ndarray) -> float:
    """The confidence below which it is better to say nothing: it leaves the most right answers,
    less half of the wrong ones.
    """
    levels = np.arange(0.05, 0.95, 0.01)
    worth = [np.where(right, 1.0, -WRONG)[sure >= level].sum() for level in levels]
    return round(float(levels[int(np.argmax(worth))]), 2)


def summary(rows: Sequence[Judged], how: Answer) -> str:
    """What a calibration does: how far its confidences are off, and what is answered."""
    sure, right = best_spans(rows, how)
    known = np.array([bool(row.right.any()) for row in rows])
    given = sure >= how.threshold
    error = calibration_error(sure.tolist(), right.tolist())
    correct = float(right[given].mean()) if given.any() else 0.0
    return (
        f"calibration error {error:.3f}; at the threshold {how.threshold:g}"
        f" {given[known].mean():.0%} of the questions that have an answer are answered,"
        f" {(~given[~known]).mean():.0%} of the others are not,"
        f" and {correct:.0%} of all answers are right"
    )
