"""Are the right words given? Questions with their answers over any documents: right, wrong, silent,
and answered where the documents do not say, by the kind of answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from measure.answers import COVERAGES
from support.asked import Asked, read
from support.record import new_record, table, write_json, write_rows

from lepton_local.errors import NoIndexError
from lepton_local.evaluation.metrics import auroc, calibration_error, risk_coverage
from lepton_local.indexing.builder import build
from lepton_local.models.records import around
from lepton_local.search.searcher import Searcher
from lepton_local.search.wants import PHRASE, wanted
from lepton_local.store.index import Index
from lepton_local.train.curve import lines
from lepton_local.types import Answer, Result

RECORD = "record"  # a phrase in a row, or in a line of "name: value"
THREE = 3  # guesses that a person may look at


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one question."""

    asked: Asked
    kind: str
    words: str | None  # of the answer, or of the first guess
    confidence: float
    given: bool
    right: bool  # the words are
    among: bool  # those of the first three are
    rank: int  # of the first hit that holds an answer, 0 without one


def run(sets: Sequence[tuple[Path, Path | None]], work: Path, **given: Any) -> Path:
    """Ask the questions of each file over its documents; return the folder of the record."""
    sample, seed = given["sample"], given["seed"]
    record = new_record(given["name"])
    rows: dict[str, list[Row]] = {}
    for file, documents in sets:
        name = _name(file)
        some = read(file, work / f"{name}-files", matching=given["matching"])
        asked = some.sampled(sample, seed)
        with Searcher(_index(documents or some.documents, work)) as searcher:
            for number, each in enumerate(asked):
                rows.setdefault(given["together"] or name, []).append(_row(searcher, each))
                if number % 50 == 0:
                    click.echo(f"{name}: {number} of {len(asked)}", err=True)
    every = [row for told in rows.values() for row in told]
    kinds = sorted({row.kind for row in every})
    summary = {
        "sample": sample,
        "seed": seed,
        "matching": given["matching"],
        "sets": {name: figures(told) for name, told in rows.items()},
        "kinds": {kind: figures([row for row in every if row.kind == kind]) for kind in kinds},
        "all": figures(every),
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    (record / "risk.svg").write_text(picture(every, kinds), encoding="utf-8")
    write_rows(
        record / "questions.jsonl.gz",
        [
            [name, number, row.kind, round(row.confidence, 4), row.given, row.right, row.rank]
            for name, told in rows.items()
            for number, row in enumerate(told)
        ],
    )
    return record


def _name(file: Path) -> str:
    """Of a set: its file's, or that of the folder where its questions have no other name."""
    stem = file.name.partition(".")[0]
    return file.parent.name if stem == "questions" else stem


def _index(documents: Path, work: Path) -> Index:
    """The index that `documents` is, or one of them; what an earlier run has left is used again."""
    place = work / "-".join(documents.resolve().parts[1:])
    for each in (documents, place):
        try:
            return Index.open(each)
        except NoIndexError:
            continue
    click.echo(f"building {place}", err=True)
    return build(documents, place).index


def _row(searcher: Searcher, asked: Asked) -> Row:
    result = searcher.answer(asked.question, k=10)
    first = result.answer or next(iter(result.answers), None)
    told = [*([result.answer] if result.answer else []), *result.answers]
    return Row(
        asked=asked,
        kind=_kind(result, first),
        words=first.text if first else None,
        confidence=first.confidence if first else 0.0,
        given=result.answer is not None,
        right=first is not None and asked.right(first.text),
        among=any(asked.right(each.text) for each in told[:THREE]),
        rank=next(
            (
                number
                for number, hit in enumerate(result.hits, 1)
                if asked.held(f"{hit.passage.text} {hit.passage.heading}")
            ),
            0,
        ),
    )


def _kind(result: Result, first: Answer | None) -> str:
    """Of the answer, and of a question without one what it wants."""
    if first is None:
        return wanted(result.standalone)
    at = first.hit.passage.start
    if first.kind == PHRASE and around(first.hit.passage.text, first.start - at, first.end - at)[2]:
        return RECORD
    return first.kind


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Counts; `auroc` of the confidence in there being an answer, and of its being right
    (`auroc_right`); the calibration error, and the share wrong when only the surest are given, of
    all first answers.
    """
    asked = [row for row in rows if row.asked.answerable]
    none = [row for row in rows if not row.asked.answerable]
    sure = [row.confidence for row in rows]
    coverage, risk = risk_coverage(sure, [row.right for row in rows])
    given = [row for row in rows if row.given]
    return {
        "answerable": len(asked),
        "right": sum(row.given and row.right for row in asked),
        "wrong": sum(row.given and not row.right for row in asked),
        "silent": sum(not row.given for row in asked),
        "in_three": sum(row.among for row in asked),
        "hit@1": sum(row.rank == 1 for row in asked),
        "hit@5": sum(0 < row.rank <= 5 for row in asked),
        "unanswerable": len(none),
        "without_truth": sum(row.given for row in none),
        "auroc": auroc([r.confidence for r in asked], [r.confidence for r in none]),
        "auroc_right": auroc(
            [row.confidence for row in rows if row.right],
            [row.confidence for row in rows if not row.right],
        ),
        "calibration_error": round(calibration_error(sure, [row.right for row in rows]), 4),
        "calibration_error_given": round(
            calibration_error([r.confidence for r in given], [r.right for r in given]), 4
        ),
        "risk": {
            str(share): round(float(risk[int((coverage < share).sum())]), 4) for share in COVERAGES
        },
    }


def picture(rows: Sequence[Row], kinds: Sequence[str]) -> str:
    """The share of wrong answers of each kind when only the surest are given."""
    series = {}
    for kind in kinds:
        told = [row for row in rows if row.kind == kind]
        curve = risk_coverage([row.confidence for row in told], [row.right for row in told])
        series[kind] = list(zip(*(np.asarray(each).tolist() for each in curve), strict=True))
    return lines(series, x="share of the questions answered", y="share wrong")


def summarise(summary: dict[str, Any]) -> str:
    """The figures as tables."""
    counts = ["answerable", "right", "wrong", "silent", "in_three", "hit@1", "hit@5"]
    counts += ["unanswerable", "without_truth"]
    shares = ["auroc", "auroc_right", "calibration_error", "calibration_error_given"]
    named = {**summary["sets"], **{f"*{k}*": v for k, v in summary["kinds"].items()}}
    named["all"] = summary["all"]
    head = table(
        ["questions", *counts, *shares],
        [
            [
                name,
                *(str(told[each]) for each in counts),
                *("-" if told[each] is None else f"{told[each]:.3f}" for each in shares),
            ]
            for name, told in named.items()
        ],
    )
    risks = table(
        ["share wrong of the surest", *summary["all"]["risk"]],
        [
            [name, *(f"{each:.3f}" for each in told["risk"].values())]
            for name, told in named.items()
        ],
    )
    return f"{head}\n{risks}"
