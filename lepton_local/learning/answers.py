"""Answers that were marked, asked for once more: how sure each is, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from lepton_local.evaluation.chance import interval
from lepton_local.evaluation.draft import Drafted
from lepton_local.learning.adapt import LEAST, SURE, Step
from lepton_local.learning.threshold import Marked, fitted, worth
from lepton_local.search.answer import plain_words
from lepton_local.search.lessons import Lessons
from lepton_local.search.searcher import Searcher
from lepton_local.store.feedback import ANSWER_BAD, ANSWER_GOOD, Event
from lepton_local.types import Answer, Progress

NAME, NEEDED, FOLDS = "threshold", 30, 5


def marked_answers(
    searcher: Searcher, events: Iterable[Event], progress: Progress | None = None
) -> list[Marked]:
    """The answers that were marked and are still the best; of several marks of a question the last
    holds.
    """
    last = {each.question: each for each in events if each.action in (ANSWER_GOOD, ANSWER_BAD)}
    found = []
    for number, event in enumerate(last.values(), 1):
        best = _best(searcher, event.question, event.filters)
        right = None if best is None else _right(event, best)
        if best is not None and right is not None:
            found.append(Marked(event.question, best.confidence, right))
        if progress is not None:
            progress("ask", number, len(last))
    return found


def surer(
    searcher: Searcher, marks: Sequence[Marked], drafted: Sequence[Drafted], lessons: Lessons
) -> tuple[Lessons, Step]:
    """The step of the threshold: what was learnt, and that, if it wins. It is worth the right
    answers that are given, less the wrong ones, of all that were marked.
    """
    if len(marks) < NEEDED:
        refused = f"it takes {NEEDED} marked answers"
        return lessons, Step(NAME, NEEDED, len(marks), refused=refused)
    shipped = searcher.reader.calibration.answer.threshold
    before = np.array([worth(each, shipped) for each in marks])
    part, after = np.random.default_rng(0).permutation(len(marks)) % FOLDS, np.zeros(len(marks))
    for fold in range(FOLDS):
        others = [each for each, own in zip(marks, part, strict=True) if own != fold]
        for at in np.flatnonzero(part == fold).tolist():
            after[at] = worth(marks[at], fitted(others, shipped))
    low, high = interval((after - before).tolist(), share=SURE) or (0.0, 0.0)
    step = Step(NAME, NEEDED, len(marks), float(before.mean()), float(after.mean()), (low, high))
    if step.after - step.before < LEAST or low <= 0:
        return lessons, replace(step, refused="it does not win on marks that were held back")
    chosen = fitted(marks, shipped)
    was, now = (answers_worth(searcher, drafted, t) for t in (shipped, chosen))
    step = replace(step, remembered=(was, now))
    if was - now >= LEAST:
        refused = "it loses answers to what the documents say of themselves"
        return lessons, replace(step, refused=refused)
    return replace(lessons, threshold=chosen), step


def answers_worth(
    searcher: Searcher, drafted: Sequence[Drafted], threshold: float | None = None
) -> float:
    """What the answers to drafted questions are worth at a threshold, by default the reader's."""
    if threshold is None:
        threshold = searcher.reader.calibration.answer.threshold
    own = [_drafted(searcher, each) for each in drafted]
    return sum(worth(each, threshold) for each in own) / max(len(own), 1)


def _best(searcher: Searcher, question: str, filters: Sequence[str] = ()) -> Answer | None:
    """The best answer, whether it is sure enough or not."""
    result = searcher.answer(question, filters=filters, whole=False)
    return result.answer or next(iter(result.answers), None)


def _right(event: Event, best: Answer) -> bool | None:
    """Whether a mark says that an answer is right; None where it is about another one."""
    if event.what is None:  # that none was given
        if event.action == ANSWER_GOOD:
            return False
        return True if plain_words(event.said) == plain_words(best.text) else None
    same = plain_words(event.what.text) == plain_words(best.text)
    return event.action == ANSWER_GOOD if same else None


def _drafted(searcher: Searcher, each: Drafted) -> Marked:
    best = _best(searcher, each.question)
    if best is None:
        return Marked(each.question, 0.0, right=False)
    told, wanted = plain_words(best.text), plain_words(each.answer)
    there = best.hit is not None and best.hit.passage.document == each.document
    return Marked(each.question, best.confidence, there and set(told) <= set(wanted))
