"""A class report: how well each word of a passage is told to be in an answer, or outside of all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lepton_local.evaluation.datasets import Question
from lepton_local.models.roles import PassageText, Reader

ANSWER, OTHER = "A", "O"
_WORD, _SIGN = re.compile(r"\w+"), re.compile(r"\w")

Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Counts:
    """Words by what they are and what they were taken for: A in an answer, O outside."""

    right: int = 0  # A, told to be
    false: int = 0  # O, told to be A
    missed: int = 0  # A, told to be O
    outside: int = 0  # O, told to be


def words_told(reader: Reader, questions: Sequence[Question], *, chinese: bool = False) -> Counts:
    """What the reader says of every word beside each question. Tags speak where it has any, else
    the best span, if that beats "no answer here". chinese: each sign is a word.
    """
    counted = [0, 0, 0, 0]
    for question in questions:
        passage = PassageText(question.title.replace("_", " "), question.context)
        (reading,) = reader.read(question.text, [passage])
        best = [(each.start, each.end) for each in reading.spans[:1] if each.score > reading.null]
        gold = [(start, start + len(text)) for text, start in question.marked]
        told = best if reading.tags is None else reading.tags
        for start, end in _words(question.context, chinese=chinese):
            is_answer, taken = _in(gold, start, end), _in(told, start, end)
            counted[(not is_answer) + 2 * (not taken)] += 1
    right, false, missed, outside = counted
    return Counts(right, false, missed, outside)


def class_report(counts: Counts) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 in percent, and how many words they are over: of A and O, of both
    together (micro), as their mean (macro), and as that weighted by the words of each.
    """
    answer = _figures(counts.right, counts.false, counts.missed)
    other = _figures(counts.outside, counts.missed, counts.false)
    here, there = counts.right + counts.missed, counts.outside + counts.false
    every = max(1, here + there)
    wrong = counts.false + counts.missed
    micro = _figures(counts.right + counts.outside, wrong, wrong)
    both = list(zip(answer, other, strict=True))
    rows = {
        ANSWER: (answer, here),
        OTHER: (other, there),
        "micro": (micro, here + there),
        "macro": ([(a + o) / 2 for a, o in both], here + there),
        "weighted": ([(a * here + o * there) / every for a, o in both], here + there),
    }
    return {
        name: {
            "precision": round(100 * each[0], 2),
            "recall": round(100 * each[1], 2),
            "f1": round(100 * each[2], 2),
            "words": words,
        }
        for name, (each, words) in rows.items()
    }


def _figures(right: int, false: int, missed: int) -> Sequence[float]:
    """Precision, recall, F1; 0 where nothing is to be counted."""
    precision = right / max(1, right + false)
    recall = right / max(1, right + missed)
    return precision, recall, 2 * right / max(1, 2 * right + false + missed)


def _words(text: str, *, chinese: bool) -> Iterator[tuple[int, int]]:
    return (found.span() for found in (_SIGN if chinese else _WORD).finditer(text))


def _in(spans: Spans, start: int, end: int) -> bool:
    """Whether a word lies in any span, at least in part."""
    return any(first < end and start < last for first, last in spans)
