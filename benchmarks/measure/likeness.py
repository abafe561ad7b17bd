"""Likeness of documents as people judge it: 50 short news texts, each pair of which was rated (Lee,
Pincombe and Welsh 2005, "An Empirical Evaluation of Models of Text Document Similarity"), as
gensim's package has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import pearsonr, spearmanr  # type: ignore[import-untyped]
from support.record import new_record, table, write_json

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.indexing.builder import build
from lepton_local.models.load import load_encoder
from lepton_local.search.searcher import Searcher

TEXTS, RATED = "lee.cor", "similarities0-1.txt"

Report = dict[str, Any]


def run(folder: Path, work: Path, *, name: str) -> Path:
    """folder: of gensim's wheel, `gensim/test/test_data`; gives the record."""
    texts = (folder / TEXTS).read_text(encoding="latin-1").splitlines()
    human = np.loadtxt(folder / RATED)
    upper = np.triu_indices(len(texts), 1)
    ways = {
        "`similar`: mean of the passages": _similar(texts, work),
        "one vector a document": _whole(texts),
        "BM25": _by_words(texts, work),
    }
    report = {
        way: {
            "spearman": round(float(spearmanr(found[upper], human[upper]).statistic), 4),
            "pearson": round(float(pearsonr(found[upper], human[upper]).statistic), 4),
        }
        for way, found in ways.items()
    }
    record = new_record(name)
    write_json(record / "summary.json", {"documents": len(texts), "pairs": len(upper[0]), **report})
    (record / "summary.md").write_text(summarise(report, len(upper[0])), encoding="utf-8")
    return record


def _similar(texts: list[str], work: Path) -> np.ndarray:
    """What `similar` scores each document with, by every other one."""
    with _searcher(texts, work, SearchConfig()) as searcher:
        found = np.zeros((len(texts), len(texts)))
        for number in range(len(texts)):
            for hit in searcher.similar(f"{number:02}.txt", k=len(texts)):
                found[number, int(hit.path[:2])] = hit.score
    return (found + found.T) / 2


def _whole(texts: list[str]) -> np.ndarray:
    """Cosines of whole documents, cut where the encoder ends."""
    vectors = load_encoder().encode(texts).astype(np.float64)
    return np.asarray(vectors @ vectors.T)


def _by_words(texts: list[str], work: Path) -> np.ndarray:
    """BM25 of each text asked of the others, as a share of what it gives itself."""
    config = SearchConfig(mode="lexical", rerank=False, answer=False)
    found = np.zeros((len(texts), len(texts)))
    with _searcher(texts, work, config) as searcher:
        for number, text in enumerate(texts):
            words = " ".join(word for word in text.split() if word.isalnum())
            for hit in searcher.ranking(words, k=1000):
                score = next(vote.score for vote in hit.why if vote.stage == "lexical")
                other = int(hit.path[:2])
                found[number, other] = max(found[number, other], score)
            found[number] /= max(float(found[number].max()), 1e-9)
    return (found + found.T) / 2


def _searcher(texts: list[str], work: Path, config: SearchConfig) -> Searcher:
    folder = work / "lee"
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number:02}.txt").write_text(text + "\n", encoding="utf-8")
    return Searcher(build(folder, work / "lee-index", BuildConfig()).index, config=config)


def summarise(report: Mapping[str, Mapping[str, float]], pairs: int) -> str:
    """The figures as a table."""
    rows = [[way, *(f"{value:.3f}" for value in told.values())] for way, told in report.items()]
    return (
        f"How far {pairs:,} pairs of 50 news texts are alike, beside the mean of people's "
        "ratings.\n\n" + table(["", "Spearman", "Pearson"], rows)
    )
