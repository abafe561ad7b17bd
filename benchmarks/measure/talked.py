"""Linked questions over whole articles: the later ones as they are asked in a talk, with their
subject replaced or left out, as the engine completes them, and as they stand alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from support.record import new_record, table, write_json, write_rows
from support.talks import Source, blanked, grams, squad

from lepton_local.config import BuildConfig
from lepton_local.evaluation.metrics import contains_answer, f1
from lepton_local.indexing.builder import build
from lepton_local.search.follow_signs import words
from lepton_local.search.searcher import Searcher
from lepton_local.search.session import Session
from lepton_local.types import Result

SHOWN = 5
TRIED = 80  # pairs of questions of an article, of which few have a subject in common
HOW = ("raw", "completed", "whole")

Report = dict[str, Any]


def run(
    articles: Path, questions: Path, work: Path, *, sample: int | None, seed: int, name: str
) -> Path:
    """articles: the folder of texts that the questions were written for; gives the record."""
    rng = random.Random(seed)
    there = {path.stem.replace("_", " ") for path in articles.iterdir()}
    talks = list(linked([each for each in squad(questions) if each[0] in there], rng))
    rng.shuffle(talks)
    index = build(articles, work / "articles-index", BuildConfig()).index
    rows: list[list[Any]] = []
    with Searcher(index) as searcher:
        for number, (first, asked, whole, answer) in enumerate(talks[:sample]):
            session = Session(searcher)
            session.ask(first, k=SHOWN)
            told = (
                searcher.answer(asked, k=SHOWN),
                session.ask(asked, k=SHOWN),
                searcher.answer(whole, k=SHOWN),
            )
            scores = [each for result in told for each in _scores(result, answer)]
            rows.append([first, asked, whole, told[1].carried, answer, *scores])
            if number % 10 == 0:
                click.echo(f"{number} talks", err=True)
    report: Report = {"talks": len(rows), "seed": seed}
    for at, how in enumerate(HOW):
        report[f"{how}: hit@{SHOWN}"] = round(100 * fmean(row[5 + 2 * at] for row in rows), 1)
        report[f"{how}: F1"] = round(100 * fmean(row[6 + 2 * at] for row in rows), 1)
    record = new_record(name)
    write_json(record / "summary.json", report)
    write_rows(record / "talks.jsonl.gz", rows)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


def linked(sources: list[Source], rng: random.Random) -> Iterator[tuple[str, str, str, str]]:
    """First question, a later one without its subject, the same with it, and its answer: the
    subject is what both questions name, of two words or with a capital, alone in its place.
    """
    for _, questions in sources:
        for _ in range(TRIED):
            (first, _), (whole, answer) = rng.sample(questions, 2)
            named = {gram for gram, _, _ in grams(words(first))}
            said = words(whole)
            shared = [
                gram
                for gram, begin, end in grams(said)
                if gram in named
                and begin
                and all(each.plain for each in (said[begin - 1], *said[end : end + 1]))
                and (end - begin > 1 or said[begin].text[0].isupper())
            ]
            asked = blanked(whole, max(shared, key=len), rng) if shared else None
            if asked:
                yield first, asked, whole, answer


def _scores(result: Result, answer: str) -> tuple[float, float]:
    found = any(contains_answer(hit.passage.text, [answer]) for hit in result.hits[:SHOWN])
    said = result.answer.text if result.answer is not None else ""
    return float(found), f1(said, [answer])


def summarise(report: Report) -> str:
    """The figures as a table."""
    rows = [[how, str(report[f"{how}: hit@{SHOWN}"]), str(report[f"{how}: F1"])] for how in HOW]
    return (
        f"{report['talks']} pairs of questions on one article, the second without the subject "
        "that both name (a pronoun in its place, or nothing): asked so, completed by the engine "
        "after the first, and as it was written. Percent; F1 of no answer is 0.\n\n"
        + table(["", f"hit@{SHOWN}", "F1"], rows)
    )
