"""Retrieval quality: test sets ranked by words, by meaning, by both, and reranked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import click
from support.record import new_record, table, write_json, write_rows
from support.sets import NOT_ENGLISH, index_of

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import rank_questions
from lepton_local.evaluation.rows import Ranking
from lepton_local.evaluation.summary import summarise_rankings
from lepton_local.models.load import load_encoder
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index

MODES = {
    "lexical": SearchConfig(mode="lexical", rerank=False, answer=False),
    "dense": SearchConfig(mode="dense", rerank=False, answer=False),
    "hybrid": SearchConfig(mode="hybrid", rerank=False, answer=False),
    "reranked": SearchConfig(mode="hybrid", rerank=True, answer=False),
}
# nDCG@10 from elsewhere: BM25 with k1 = 0.9, b = 0.4 and Porter's stemmer over title and text
# (Chinese: characters and pairs of them), and all-MiniLM-L6-v2 with one vector a document.
BM25 = {
    "cisi": 0.375,
    "cmrc2018_dev_ret": 0.986,
    "cosqa_dev": 0.32,
    "medline": 0.664,
    "scifact": 0.671,
    "squad_open_dev": 0.821,
    "stackfaq": 0.702,
    "trecqa_raw_dev": 0.494,
    "wikiqa_dev": 0.667,
}
MINILM = {"scifact": 0.645}
TOP = 10  # documents kept of each ranking
MANY = 2000  # questions, above which a record keeps figures only: a file of it stays under 200 KB

Report = dict[str, Any]


def run(
    data: Path,
    work: Path,
    *,
    sets: Sequence[str],
    modes: Sequence[str],
    sample: int | None,
    seed: int,
    encoder: str,
    name: str,
) -> Path:
    """Measure every set in every mode; return the folder of the record."""
    chosen = list(sets) or sorted(each.name for each in data.iterdir() if each.is_dir())
    record = new_record(name)
    reports: dict[str, dict[str, Report]] = {}
    for each in chosen:
        index = index_of(data / each, work / each, encoder)
        reports[each] = _measure(index, data / each, record, modes=modes, sample=sample, seed=seed)
        summary = {
            "encoder": encoder,
            "sample": sample,
            "seed": seed,
            "sets": reports,
            "mean": mean(reports),
        }
        write_json(record / "summary.json", summary)
        (record / "summary.md").write_text(summarise(reports), encoding="utf-8")
    return record


def _measure(
    index: Index,
    folder: Path,
    record: Path,
    *,
    modes: Sequence[str],
    sample: int | None,
    seed: int,
) -> dict[str, Report]:
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py quality --data FOLDER")
    encoder = load_encoder(index.manifest.config.encoder)
    reports: dict[str, Report] = {}
    for mode in modes:
        searcher = Searcher(index, encoder=encoder, config=MODES[mode])
        rows = rank_questions(searcher, data, sample=sample, seed=seed)
        reports[mode] = {
            "documents": index.documents,
            "passages": index.rows,
            **summarise_rankings(rows),
        }
        write_rows(record / f"{folder.name}-{mode}.jsonl.gz", _raw(rows))
        click.echo(f"{folder.name} {mode}: {reports[mode]['ndcg@10']:.4f}", err=True)
    return reports


def _raw(rows: Sequence[Ranking]) -> list[list[Any]]:
    """Each question: its id, its measures in the report's order, and the first documents."""
    return [
        [
            row.id,
            *(round(value, 4) for value in row.measures.values()),
            *([list(row.documents[:TOP])] if len(rows) <= MANY else []),
        ]
        for row in rows
    ]


def mean(reports: Mapping[str, Mapping[str, Report]]) -> Report:
    """Per mode and measure, the mean over the English sets."""
    english = [by_mode for each, by_mode in reports.items() if each not in NOT_ENGLISH]
    modes = english[0] if english else {}
    return {
        mode: {
            measure: round(fmean(by_mode[mode][measure] for by_mode in english), 4)
            for measure in ("ndcg@10", "map", "mrr@10", "recall@100")
        }
        for mode in modes
    }


def summarise(reports: Mapping[str, Mapping[str, Report]]) -> str:
    """nDCG@10 of every set and mode beside figures from elsewhere, and every measure's means."""
    modes = list(next(iter(reports.values())))
    means = mean(reports)
    rows = []
    for each, by_mode in reports.items():
        first = by_mode[modes[0]]
        rows.append(
            [
                each,
                f"{first['documents']:,}",
                f"{first['passages']:,}",
                f"{first['queries']:,}",
                *(f"{by_mode[mode]['ndcg@10']:.3f}" for mode in modes),
                *(_known(published, each) for published in (BM25, MINILM)),
            ]
        )
    rows.append(
        [
            "mean of the English sets",
            *["", "", ""],
            *(f"{means[mode]['ndcg@10']:.3f}" if means else "" for mode in modes),
            *["", ""],
        ]
    )
    header = ["nDCG@10", "documents", "passages", "questions", *modes]
    text = table([*header, "BM25 elsewhere", "MiniLM elsewhere"], rows)
    if not means:
        return text
    speed = {
        mode: fmean(by_mode[mode]["seconds"]["total"] for by_mode in reports.values())
        for mode in modes
    }
    others = [
        [mode, *(f"{value:.3f}" for value in means[mode].values()), f"{1000 * speed[mode]:.0f}"]
        for mode in modes
    ]
    header = ["mean of the English sets", *next(iter(means.values())), "ms a question, all sets"]
    return f"{text}\n{table(header, others)}"


def _known(published: Mapping[str, float], name: str) -> str:
    return f"{published[name]:.3f}" if name in published else ""
