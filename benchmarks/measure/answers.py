"""Answers from whole documents: right, wrong, and not given where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import click
import numpy as np
from support.record import new_record, table, write_json, write_rows

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError, NoIndexError
from lepton_local.evaluation.datasets import QuestionSet, load_dataset
from lepton_local.evaluation.evaluate import ask_questions
from lepton_local.evaluation.metrics import calibration_error, risk_coverage
from lepton_local.evaluation.rows import Outcome
from lepton_local.evaluation.summary import summarise_answers
from lepton_local.indexing.builder import build
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.train.curve import lines

RIGHT = 0.5  # F1 of an answer that a calibration counts as right
COVERAGES = (
    0.1,
    0.25,
    0.5,
    0.75,
    1.0,
)  # shares of the questions answered, at which the risk is reported


def run(
    articles: Path, questions: str | Path, work: Path, *, sample: int | None, seed: int, name: str
) -> Path:
    """Index the articles, ask the questions; return the folder of the record."""
    data = load_dataset(questions)
    if not isinstance(data, QuestionSet):
        raise InputError(f"{questions}: expected a SQuAD JSON file: bench.py answers --questions F")
    record = new_record(name)
    index = index_of(articles, work / "index")
    searcher = Searcher(index, config=SearchConfig())
    rows = ask_questions(searcher, data, sample=sample, seed=seed, progress=_told)
    summary = {
        "articles": index.documents,
        "passages": index.rows,
        "questions_from": data.name,
        "sample": sample,
        "seed": seed,
        **summarise_answers(rows),
        **confidence_report(rows),
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    (record / "risk.svg").write_text(risk_picture(rows), encoding="utf-8")
    (record / "calibration.svg").write_text(calibration_picture(rows), encoding="utf-8")
    write_rows(record / "questions.jsonl.gz", map(_raw, rows))
    return record


def index_of(articles: Path, place: Path) -> Index:
    """The index of the articles; one that an earlier run has left is used again."""
    try:
        return Index.open(place)
    except NoIndexError:
        click.echo(f"building {place}", err=True)
        return build(articles, place).index


def _told(stage: str, done: int, total: int | None) -> None:
    if done % 100 == 0:
        click.echo(f"{stage}: {done} of {total}", err=True)


def confidence_report(rows: Sequence[Outcome]) -> dict[str, Any]:
    """What the confidences are worth.

    `calibration_error` sets the certainty of the answers given against their being right, which a
    calibration takes for sharing half of their words with an accepted answer; `…_exact` against
    their being the same. `risk` is the share wrong, by exact match, among the questions answered
    first, when the answerable ones are answered in order of certainty.
    """
    given = [row for row in rows if row.answerable and row.certainty is not None]
    sure = [row.certainty or 0.0 for row in given]
    coverage, risk = _risk([row for row in rows if row.answerable])
    return {
        "calibration_error": round(calibration_error(sure, [r.f1 >= RIGHT for r in given]), 4),
        "calibration_error_exact": round(calibration_error(sure, [r.exact for r in given]), 4),
        "risk": {
            str(share): round(float(risk[int((coverage < share).sum())]), 4) for share in COVERAGES
        },
        "area_under_risk": round(float(risk.mean()), 4),
    }


def _risk(rows: Sequence[Outcome]) -> tuple[np.ndarray, np.ndarray]:
    return risk_coverage([row.certainty or 0.0 for row in rows], [row.exact for row in rows])


def risk_picture(rows: Sequence[Outcome]) -> str:
    """The share of wrong answers, by exact match and by half of the words, when only the surest are
    given.
    """
    asked = [row for row in rows if row.answerable]
    half = [replace(row, exact=row.f1 >= RIGHT) for row in asked]
    series = {
        name: list(zip(*(each.tolist() for each in _risk(kind)), strict=True))
        for name, kind in (("not the same words", asked), ("not half of the words", half))
    }
    return lines(series, x="share of the answerable questions answered", y="share wrong")


def calibration_picture(rows: Sequence[Outcome]) -> str:
    """Certainty against the share that is right, in ten bins of equal width."""
    given = [row for row in rows if row.answerable and row.certainty is not None]
    bins: dict[int, list[Outcome]] = {}
    for row in given:
        bins.setdefault(min(9, int((row.certainty or 0.0) * 10)), []).append(row)
    points = [
        (fmean(r.certainty or 0.0 for r in bins[b]), fmean(r.f1 >= RIGHT for r in bins[b]))
        for b in sorted(bins)
    ]
    series = {"as it should be": [(0.0, 0.0), (1.0, 1.0)], "answers": points}
    return lines(series, x="confidence", y="share right")


def _raw(row: Outcome) -> list[Any]:
    """id, answer, certainty, confidence, that without the article, rank found at, exact, f1."""
    left_out = None if row.left_out is None else round(row.left_out, 4)
    certainty = None if row.certainty is None else round(row.certainty, 4)
    return [
        *(row.id, row.answer, certainty, round(row.confidence, 4), left_out),
        *(row.found, row.exact, round(row.f1, 3)),
    ]


def summarise(summary: dict[str, Any]) -> str:
    """The figures as tables."""
    names = ["em", "f1", "hit@1", "hit@5", "answered", "auroc", "calibration_error"]
    figures = table(
        ["articles", "passages", "questions", *names],
        [
            [
                f"{summary['articles']:,}",
                f"{summary['passages']:,}",
                f"{summary['questions']:,}",
                *("-" if summary[name] is None else f"{summary[name]:.4g}" for name in names),
            ]
        ],
    )
    risks = table(
        ["share answered", *summary["risk"]],
        [["share wrong", *(f"{risk:.3f}" for risk in summary["risk"].values())]],
    )
    return f"{figures}\n{risks}"
