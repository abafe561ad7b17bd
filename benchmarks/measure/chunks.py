"""Chunk size and overlap: what they do to ranking, and to finding excerpts of known place."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from support.record import new_record, table, write_json
from support.sets import unpacked

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import rank_questions
from lepton_local.evaluation.summary import summarise_rankings
from lepton_local.indexing.builder import build
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.types import Hit

HYBRID = SearchConfig(rerank=False, answer=False)
TOP = 5  # passages that a reader would look at

Span = tuple[int, int]


def run(
    data: Path,
    excerpts: Path,
    work: Path,
    *,
    sets: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    name: str,
) -> Path:
    """Build and measure once for each (tokens, overlap); return the folder of the record."""
    record = new_record(name)
    reports = []
    for tokens, overlap in sizes:
        config = BuildConfig(chunk_tokens=tokens, overlap_tokens=overlap)
        report: dict[str, Any] = {"tokens": tokens, "overlap": overlap}
        for each in sets:
            place = work / f"{each}-{tokens}-{overlap}"
            index = build(unpacked(data / each, work / each), place, config).index
            ranked = load_dataset(data / each)
            if not isinstance(ranked, RetrievalSet):
                raise InputError(f"{data / each}: expected a BEIR folder")
            rows = rank_questions(Searcher(index, config=HYBRID), ranked)
            report[each] = summarise_rankings(rows)["ndcg@10"]
        index = build(excerpts, work / f"excerpts-{tokens}-{overlap}", config).index
        report["excerpts"] = _excerpts(index, excerpts / "questions.csv")
        reports.append(report)
        click.echo(json.dumps(report), err=True)
        write_json(record / "summary.json", {"sets": list(sets), "sizes": reports})
        (record / "summary.md").write_text(summarise(reports, sets), encoding="utf-8")
    return record


def _excerpts(index: Index, questions: Path) -> dict[str, float]:
    """How much of the excerpts that answer a question stands in its first TOP passages.

    recall: share of the excerpts' characters; precision: share of the passages' characters that are
    an excerpt's. Both are means over the questions.
    """
    searcher = Searcher(index, config=HYBRID)
    recall, precision = [], []
    with open(questions, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = f"{row['corpus_id']}.md"
            wanted = [(r["start_index"], r["end_index"]) for r in json.loads(row["references"])]
            question = row["question"].replace('"', " ")
            hits = searcher.search(question, k=TOP, filters=["type:md"])
            found = _characters(_places(hits, path))
            excerpt = _characters(wanted)
            recall.append(len(found & excerpt) / len(excerpt))
            precision.append(len(found & excerpt) / sum(len(hit.passage.text) for hit in hits))
    return {"recall": round(fmean(recall), 4), "precision": round(fmean(precision), 4)}


def _places(hits: Sequence[Hit], path: str) -> list[Span]:
    return [(hit.passage.start, hit.passage.end) for hit in hits if hit.path == path]


def _characters(spans: Sequence[Span]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


def summarise(reports: Sequence[Mapping[str, Any]], sets: Sequence[str]) -> str:
    """A row for each size: nDCG@10 of hybrid search, and the excerpts."""
    header = ["word pieces, overlap", *sets, "mean", "excerpt recall@5", "excerpt precision@5"]
    rows = [
        [
            f"{report['tokens']}, {report['overlap']}",
            *(f"{report[each]:.4f}" for each in sets),
            f"{fmean(report[each] for each in sets):.4f}",
            f"{report['excerpts']['recall']:.3f}",
            f"{report['excerpts']['precision']:.3f}",
        ]
        for report in reports
    ]
    return table(header, rows)
