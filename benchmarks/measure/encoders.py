"""Several encoders over the same passages: each alone, beside the words, and together with others.

An index of each set gets a field for each further encoder. `as before` is hybrid as it was when raw
cosines stood beside the words, whatever an encoder's scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from statistics import fmean

import click
from support.record import new_record, table, write_json
from support.sets import NOT_ENGLISH, index_of

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import rank_questions
from lepton_local.evaluation.summary import summarise_rankings
from lepton_local.indexing import fields
from lepton_local.models.scale import COMMON
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT

LOSS = 0.005  # of nDCG@10 that hybrid may lose to the better of its halves


def run(
    data: Path,
    work: Path,
    *,
    sets: Sequence[str],
    encoders: Sequence[str],
    sample: int | None,
    seed: int,
    name: str,
) -> Path:
    """Measure every set by every encoder; return the folder of the record."""
    chosen = list(sets) or sorted(each.name for each in data.iterdir() if each.is_dir())
    record = new_record(name)
    reports: dict[str, dict[str, float]] = {}
    for each in chosen:
        index = index_of(data / each, work / each)
        for encoder in encoders:
            index = fields.add(index.path, encoder).index
        reports[each] = _measure(index, data / each, sample=sample, seed=seed)
        summary = {
            "sample": sample,
            "seed": seed,
            "scales": {
                name: [round(made.unrelated, 4), round(made.related, 4)]
                for name, made in index.manifest.encoders.items()
            },
            "ndcg@10": reports,
        }
        write_json(record / "summary.json", summary)
        (record / "summary.md").write_text(summarise(reports), encoding="utf-8")
    return record


def _measure(index: Index, folder: Path, *, sample: int | None, seed: int) -> dict[str, float]:
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py encoders --data FOLDER")
    names = list(index.manifest.encoders)
    together = [each for n in range(2, len(names) + 1) for each in combinations(names, n)]
    raw = _unscaled(index)
    ways: dict[str, tuple[Index, str, tuple[str, ...]]] = {"words": (index, "lexical", (TEXT,))}
    for each in [(name,) for name in names] + together:
        called = " + ".join(each)
        ways[f"{called}, dense"] = (index, "dense", each)
        if len(each) == 1 and each != (TEXT,):
            ways[f"{called}, as before"] = (raw, "hybrid", each)
        ways[f"{called}, hybrid"] = (index, "hybrid", each)
    found = {}
    for way, (which, mode, asked) in ways.items():
        config = SearchConfig(mode=mode, fields=asked, rerank=False, answer=False)
        rows = rank_questions(Searcher(which, config=config), data, sample=sample, seed=seed)
        found[way] = round(float(summarise_rankings(rows)["ndcg@10"]), 4)
        click.echo(f"{folder.name} {way}: {found[way]:.4f}", err=True)
    return found


def _unscaled(index: Index) -> Index:
    """The index as if the cosines of every encoder were on the common scale."""
    manifest = index.manifest
    encoders = {name: replace(made, **asdict(COMMON)) for name, made in manifest.encoders.items()}
    return Index(
        index.segments,
        index.live,
        manifest=replace(manifest, encoders=encoders),
        storage=index.storage,
    )


def summarise(reports: Mapping[str, Mapping[str, float]]) -> str:
    """nDCG@10 a row a way of ranking, a column a set; and what hybrid loses to its better half."""
    ways = list(next(iter(reports.values())))
    english = [each for each in reports if each not in NOT_ENGLISH]
    means = {way: fmean(reports[each][way] for each in english) for way in ways} if english else {}
    lines = [
        [way, *(f"{told[way]:.4f}" for told in reports.values()), f"{means.get(way, 0):.4f}"]
        for way in ways
    ]
    lost = []
    for way in means:
        if way.endswith(", hybrid"):
            dense = means[way.replace(", hybrid", ", dense")]
            lost.append([way, f"{means[way] - max(dense, means['words']):+.4f}"])
    return (
        f"{table(['nDCG@10', *reports, 'mean'], lines)}\n"
        f"What hybrid gains on the better of its halves, in the mean; it may lose {LOSS}:\n\n"
        f"{table(['', 'gain'], lost)}"
    )
