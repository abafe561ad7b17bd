"""Linked questions over whole articles: the later ones as they are asked in a talk, with their
subject replaced or left out, as the engine completes them, and as they stand alone.
"""

from __future__ import annotations

import random
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from support.linked import linked
from support.record import new_record, table, write_json, write_rows
from support.talks import squad

from lepton_local.config import BuildConfig
from lepton_local.evaluation.metrics import contains_answer, f1
from lepton_local.indexing.builder import build
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import Session
from lepton_local.types import Result

SHOWN = 5
TALKS = 2  # of an article
HOW = ("raw", "completed", "whole")

Report = dict[str, Any]


def run(
    articles: Path, questions: Path, work: Path, *, sample: int | None, seed: int, name: str
) -> Path:
    """articles: the folder of texts that the questions were written for; gives the record."""
    rng = random.Random(seed)
    texts = {
        path.stem.replace("_", " "): path.read_text(encoding="utf-8") for path in articles.iterdir()
    }
    sources = [each for each in squad(questions) if each[0] in texts]
    talks = list(linked(sources, texts, most=TALKS, rng=rng))
    rng.shuffle(talks)
    index = build(articles, work / "articles-index", BuildConfig()).index
    rows: list[list[Any]] = []
    with Searcher(index) as searcher:
        for number, talk in enumerate(talks[:sample]):
            session = Session(searcher)
            session.ask(talk.first, k=SHOWN)
            for each in talk.later:
                told = (
                    searcher.answer(each.asked, k=SHOWN),
                    session.ask(each.asked, k=SHOWN),
                    searcher.answer(each.whole, k=SHOWN),
                )
                scores = [score for result in told for score in _scores(result, each.answer)]
                asked = [talk.first, each.asked, each.whole, told[1].carried, each.answer]
                rows.append([*asked, *scores])
            if number % 10 == 0:
                click.echo(f"{number} talks", err=True)
    report: Report = {"talks": len(talks[:sample]), "questions": len(rows), "seed": seed}
    for at, how in enumerate(HOW):
        report[f"{how}: hit@{SHOWN}"] = round(100 * fmean(row[5 + 2 * at] for row in rows), 1)
        report[f"{how}: F1"] = round(100 * fmean(row[6 + 2 * at] for row in rows), 1)
    record = new_record(name)
    write_json(record / "summary.json", report)
    write_rows(record / "talks.jsonl.gz", rows)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


def _scores(result: Result, answer: str) -> tuple[float, float]:
    found = any(contains_answer(hit.passage.text, [answer]) for hit in result.hits[:SHOWN])
    said = result.answer.text if result.answer is not None else ""
    return float(found), f1(said, [answer])


def summarise(report: Report) -> str:
    """The figures as a table."""
    rows = [[how, str(report[f"{how}: hit@{SHOWN}"]), str(report[f"{how}: F1"])] for how in HOW]
    return (
        f"{report['questions']} questions of {report['talks']} talks: three questions on one "
        "subject of an article, the second and the third without its name (a word that points "
        "back, or nothing): asked so, completed by the engine in their talk, and as they were "
        "written. Percent; F1 of no answer is 0.\n\n" + table(["", f"hit@{SHOWN}", "F1"], rows)
    )
