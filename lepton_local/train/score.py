"""A reader alone on a set of questions, each beside its own paragraph: no index, no retrieval."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from lepton_local.evaluation.datasets import Question
from lepton_local.evaluation.metrics import auroc, exact_match, f1
from lepton_local.models.roles import PassageText, Reader
from lepton_local.types import Progress

Row = tuple[Question, float, float]  # a question with its exact match and F1


class Guess(NamedTuple):
    """The best span's words, and how many logits it lies above "no answer here"."""

    text: str
    gain: float


def score_reader(
    reader: Reader,
    questions: Sequence[Question],
    *,
    chinese: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """EM and F1 in percent, as SQuAD's scripts count them, whole and by kind of answer.

    Where every question has an answer (v1.1) the reader must give one. Otherwise (v2.0) it gives
    none where its best span does not beat the null score, and `auroc` says how well that difference
    tells the two kinds of question apart.
    """
    must = all(question.answers for question in questions)
    rows: list[Row] = []
    gains: dict[bool, list[float]] = {True: [], False: []}
    for number, question in enumerate(questions, 1):
        found = guess(reader, question)
        text = found.text if must or found.gain > 0 else ""
        exact = float(exact_match(text, question.answers, chinese=chinese))
        rows.append((question, exact, f1(text, question.answers, chinese=chinese)))
        gains[bool(question.answers)].append(found.gain)
        if progress is not None:
            progress("ask", number, len(questions))
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(answer_kind(row[0].answers), []).append(row)
    ability = auroc(gains[True], gains[False])
    return {
        **_means(rows),
        "has_answer": _means([row for row in rows if row[0].answers]),
        "no_answer": _means([row for row in rows if not row[0].answers]),
        "auroc": None if ability is None else round(ability, 3),
        "kinds": {kind: _means(kinds[kind]) for kind in sorted(kinds)},
    }


def guess(reader: Reader, question: Question) -> Guess:
    """What the reader finds in the question's own paragraph."""
    passage = PassageText(question.title.replace("_", " "), question.context)
    (reading,) = reader.read(question.text, [passage])
    if not reading.spans:
        return Guess("", float("-inf"))
    best = reading.spans[0]
    return Guess(question.context[best.start : best.end], best.score - reading.null)


def answer_kind(answers: Sequence[str]) -> str:
    """What the first accepted answer looks like: none, number (dates too), name, or phrase."""
    if not answers:
        return "none"
    words = answers[0].split()
    if re.search(r"\d", answers[0]):
        return "number"
    return "name" if all(word[:1].isupper() for word in words) else "phrase"


def _means(rows: Sequence[Row]) -> dict[str, Any]:
    count = len(rows)
    return {
        "questions": count,
        "em": round(100 * sum(row[1] for row in rows) / max(count, 1), 2),
        "f1": round(100 * sum(row[2] for row in rows) / max(count, 1), 2),
    }
