"""One manual in several formats: do its HTML, its text and its PDF give the same answers?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import click
from support.record import table

from lepton_local.evaluation.metrics import f1
from lepton_local.indexing.builder import build
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit

SAME = 0.5  # F1 of two answers that are taken for one
# "1.2.8. Named pipes", "A.1 The maze": the number that a section has in every format.
_NUMBER = r"((?:\d{1,2}|[A-Z])(?:\.\d{1,2})+)\.?\s+\S"
_IN_TEXT = re.compile(f"^{_NUMBER}", re.MULTILINE)
_IN_HEADING = re.compile(f"(?:.* > )?{_NUMBER}")

Report = dict[str, Any]
Row = list[Any]


def ask(
    manual: Mapping[str, Sequence[Path]], questions: Sequence[str], work: Path
) -> tuple[Report, list[Row]]:
    """Index each format of a manual by itself, and ask each index every question.

    Gives shares of the questions, and a row for each: question, whether all answers agree, whether
    all first passages share a section, and for each format [answer, confidence, sections].
    """
    told: dict[str, list[Row]] = {}
    for form, files in manual.items():
        click.echo(f"agreement: {form}", err=True)
        searcher = Searcher(build(files, work / f"manual-{form}").index)
        told[form] = [_told(searcher, question) for question in questions]
    rows = []
    for question, *each in zip(questions, *told.values(), strict=True):
        shared = set.intersection(*(set(sections) for _, _, sections in each))
        rows.append([question, _agree([row[0] for row in each]), bool(shared), *each])
    report = {
        "questions": len(rows),
        "answers_agree": _share(row[1] for row in rows),
        "sections_agree": _share(row[2] for row in rows),
        "answers_agree_where_all_answer": _share(
            row[1] for row in rows if all(answer for answer, _, _ in row[3:])
        ),
        "answered": {form: _share(bool(row[0]) for row in by) for form, by in told.items()},
    }
    return report, rows


def _told(searcher: Searcher, question: str) -> Row:
    """The answer, how sure it is, and the numbers of the sections that the first passage is in."""
    result = searcher.answer(question)
    words, confidence = "", 0.0
    if result.answer is not None:
        words, confidence = result.answer.text, result.answer.confidence
    return [words, round(confidence, 4), _sections(result.hits[0]) if result.hits else []]


def _sections(hit: Hit) -> list[str]:
    above = _IN_HEADING.match(hit.passage.heading)
    numbers = {above[1]} if above is not None else set()
    return sorted(numbers.union(_IN_TEXT.findall(hit.passage.text)))


def _agree(answers: Sequence[str]) -> bool:
    """Whether each two are the same, or share half of their words; none agrees with none."""
    return all(f1(one, [other] if other else []) >= SAME for one, other in combinations(answers, 2))


def _share(values: Iterable[bool]) -> float | None:
    found = list(values)
    return round(sum(found) / len(found), 3) if found else None


def summarise(report: Report, rows: Sequence[Row]) -> str:
    """The shares, and every question on which the formats differ."""
    forms = list(report["answered"])
    names = ["answers_agree", "sections_agree", "answers_agree_where_all_answer"]
    shares = table(
        [
            "questions",
            *(name.replace("_", " ") for name in names),
            *(f"{f}: answered" for f in forms),
        ],
        [
            [
                f"{report['questions']}",
                *(_percent(report[name]) for name in names),
                *(_percent(share) for share in report["answered"].values()),
            ]
        ],
    )
    differing = [
        [row[0], *(f"{_cell(told[0])} ({', '.join(told[2]) or 'no section'})" for told in row[3:])]
        for row in rows
        if not (row[1] and row[2])
    ]
    return f"{shares}\n{table(['they differ on', *forms], differing)}" if differing else shares


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _cell(answer: str) -> str:
    words = " ".join(answer.split()).replace("|", "/")
    return (words if len(words) <= 60 else f"{words[:59]}…") or "no answer"
