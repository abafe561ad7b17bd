"""Stored answers: the questions of a set as rows with a question and an answer, asked in other
words; and questions of other sets, which nothing that is stored answers.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from support.record import new_record, table, write_json, write_rows
from support.sets import unpacked

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.chance import interval
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.indexing.builder import build
from lepton_local.search.faq import SURE, best_entries, confidence, plainly
from lepton_local.search.question import without_conditions
from lepton_local.search.searcher import Searcher

DEPTH = 10

Report = dict[str, Any]


def run(
    data: Path,
    work: Path,
    *,
    set_name: str,
    others: Sequence[str],
    sample: int | None,
    seed: int,
    name: str,
) -> Path:
    """others: sets whose questions are not answered; gives the folder of the record."""
    asked = _set(data / set_name)
    corpus = _pairs(unpacked(data / set_name, work), work)
    index = build(corpus, work / "pairs-index", BuildConfig()).index
    searcher = Searcher(index, config=plainly(SearchConfig(), index))
    rows: list[list[Any]] = []
    for number, (query, text, grades) in enumerate(questions_of(asked, sample=sample, seed=seed)):
        found = best_entries(searcher, text)
        documents = [hit.passage.document.partition("#")[2] for _, _, hit in found]
        gains = [grades.get(document, 0) for document in documents]
        best = found[0][0] if found else -1.0
        good = bool(gains) and gains[0] > 0
        ndcg = metrics.ndcg(gains, list(grades.values()), DEPTH)
        wrong = [score for (score, _, _), gain in zip(found, gains, strict=True) if not gain]
        beside = round(max(wrong, default=-1.0), 4)
        rows.append([query, round(ndcg, 4), good, round(best, 4), beside, documents[:DEPTH]])
        if number % 100 == 0:
            click.echo(f"{number} asked", err=True)
    strange = []
    for each in others:
        texts = list(_set(data / each).queries.items())
        random.Random(seed).shuffle(texts)
        for query, text in texts[: max(len(rows) // len(others), 1)]:
            bare = without_conditions(text)
            found = best_entries(searcher, bare) if bare.strip() else []
            strange.append([f"{each}:{query}", round(found[0][0], 4) if found else -1.0])
    record = new_record(name)
    report = _report(rows, strange) | {"set": set_name, "others": list(others), "seed": seed}
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    write_rows(record / f"{set_name}.jsonl.gz", rows)
    write_rows(record / "unanswered.jsonl.gz", strange)
    return record


def _report(rows: Sequence[list[Any]], strange: Sequence[list[Any]]) -> Report:
    ndcg, good = [row[1] for row in rows], [bool(row[2]) for row in rows]
    given = [confidence(row[3]) >= SURE for row in rows]
    outside = [confidence(row[1]) >= SURE for row in strange]
    return {
        "questions": len(rows),
        "ndcg@10": round(fmean(ndcg), 4),
        "interval": [round(end, 4) for end in interval(ndcg) or ()],
        "right first": round(fmean(good), 4),
        "answered": round(fmean(given), 4),
        "right of those answered": round(
            sum(a and b for a, b in zip(good, given, strict=True)) / max(sum(given), 1), 4
        ),
        "calibration error": round(
            metrics.calibration_error([confidence(row[3]) for row in rows], good), 4
        ),
        "unanswered": len(strange),
        "auroc": round(
            metrics.auroc([row[3] for row in rows], [row[1] for row in strange]) or 0.0, 4
        ),
        "auroc, its own entries left out": round(
            metrics.auroc([row[3] for row in rows], [row[4] for row in rows]) or 0.0, 4
        ),
        "handed over": round(1 - fmean(outside), 4),
    }


def _set(folder: Path) -> RetrievalSet:
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder")
    return data


def _pairs(corpus: Path, work: Path) -> Path:
    """The corpus with its titles as questions and its texts as answers."""
    pairs = work / "pairs.jsonl"
    with corpus.open(encoding="utf-8") as file, pairs.open("w", encoding="utf-8") as out:
        for row in map(json.loads, file):
            told = {"_id": row["_id"], "question": row["title"], "answer": row["text"]}
            out.write(json.dumps(told, ensure_ascii=False) + "\n")
    return pairs


def summarise(report: Report) -> str:
    """The figures as a table."""
    skipped = ("set", "others", "seed")
    rows = [[name, str(value)] for name, value in report.items() if name not in skipped]
    return (
        f"The questions of {report['set']}, asked of rows with the columns question (its titles) "
        f"and answer (its texts); and as many of {', '.join(report['others'])}, which no row "
        "answers. "
        "Nothing was trained; the confidence was fitted to other questions of the same set.\n\n"
        + table(["", ""], rows)
    )
