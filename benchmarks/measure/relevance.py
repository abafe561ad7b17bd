"""How probably a hit is relevant by its final score: the lines of `fuse.relevance`, fitted anew.

Every set is asked some of its questions, whose first hits are relevant or not, and some of another
set, to which nothing is relevant. Sets count alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from support.record import new_record, table, write_json, write_rows
from support.sets import NOT_ENGLISH, index_of

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import RetrievalSet, load_dataset
from lepton_local.evaluation.evaluate import questions_of
from lepton_local.models.load import load_encoder
from lepton_local.models.resolve import BUNDLED
from lepton_local.search import fuse
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index

MODES = ("hybrid", "dense", "lexical")
DEPTH = 10  # hits of a question
FOREIGN = 3  # hits of a question of another set, for every third question of the set's own
STEPS = 50  # of Newton's method
BINS = (0.0, 0.2, 0.4, 0.6, 0.8)


class Seen(NamedTuple):
    """A hit: the set that was asked, its final score, and whether it is relevant."""

    name: str
    score: float
    relevant: bool


def run(
    data: Path, work: Path, *, sets: Sequence[str], sample: int | None, seed: int, name: str
) -> Path:
    """Ask every set in every mode, and fit a line each; return the folder of the record."""
    every = sorted(each.name for each in data.iterdir() if each.is_dir())
    chosen = [each for each in sets or every if each not in NOT_ENGLISH]
    if len(chosen) < 2:
        raise InputError(f"{len(chosen)} sets, expected two or more: bench.py relevance --sets A,B")
    record = new_record(name)
    known = {each: _asked(data / each, sample, seed) for each in chosen}
    indexes = {each: index_of(data / each, work / each) for each in chosen}
    rows, lines = [], []
    for mode, judged in product(MODES, (True, False)):
        config = SearchConfig(mode=mode, rerank=judged, answer=False)
        seen = _ask(known, indexes, config)
        click.echo(f"{mode}, {'judged' if judged else 'not judged'}: {len(seen)} hits", err=True)
        lines.append({"mode": mode, "judged": judged, **told(seen, mode=mode, judged=judged)})
        rows += [[mode, judged, hit.name, round(hit.score, 4), int(hit.relevant)] for hit in seen]
    write_rows(record / "hits.jsonl.gz", rows)
    write_json(
        record / "summary.json", {"sets": chosen, "sample": sample, "seed": seed, "lines": lines}
    )
    (record / "summary.md").write_text(summarise(lines), encoding="utf-8")
    return record


def _asked(folder: Path, sample: int | None, seed: int) -> list[tuple[str, frozenset[str]]]:
    """The questions of a set, each with the documents that are relevant to it."""
    data = load_dataset(folder)
    if not isinstance(data, RetrievalSet):
        raise InputError(f"{folder}: expected a BEIR folder: bench.py relevance --data FOLDER")
    return [
        (text, frozenset(document for document, grade in grades.items() if grade > 0))
        for _, text, grades in questions_of(data, sample=sample, seed=seed)
    ]


def _ask(
    known: dict[str, list[tuple[str, frozenset[str]]]],
    indexes: dict[str, Index],
    config: SearchConfig,
) -> list[Seen]:
    seen, names = [], list(known)
    for number, name in enumerate(names):
        searcher = Searcher(indexes[name], encoder=load_encoder(BUNDLED), config=config)
        foreign = [(text, frozenset[str]()) for text, _ in known[names[number - 1]][::3]]
        for questions, depth in ((known[name], DEPTH), (foreign, FOREIGN)):
            for text, relevant in questions:
                for hit in searcher.search(text, k=depth):
                    document = hit.passage.document.partition("#")[2]
                    seen.append(Seen(name, hit.score, document in relevant))
    return seen


def told(seen: Sequence[Seen], *, mode: str, judged: bool) -> dict[str, Any]:
    """The fitted line beside the one that ships: log loss of both, and how far each can be
    believed, as [told, relevant, hits] of those told .0 to .2, .2 to .4 and so on.
    """
    scores = np.array([hit.score for hit in seen])
    relevant = np.array([float(hit.relevant) for hit in seen])
    counts = {name: sum(hit.name == name for hit in seen) for name in {hit.name for hit in seen}}
    weights = np.array([1 / counts[hit.name] for hit in seen])
    slope, intercept = fitted(scores, relevant, weights / weights.sum())
    lines = {
        "fitted": 1 / (1 + np.exp(-(slope * scores + intercept))),
        "ships": fuse.relevance(scores, mode=mode, judged=judged),
    }
    loss = {name: _loss(line, relevant, weights) for name, line in lines.items()}
    believed = {name: _believed(line, relevant, weights) for name, line in lines.items()}
    return {"slope": round(slope, 2), "intercept": round(intercept, 2), "loss": loss, **believed}


def fitted(scores: np.ndarray, relevant: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of the likeliest logistic line, by Newton's method."""
    line = np.array([5.0, -2.0])
    x = np.stack([scores, np.ones_like(scores)], axis=1)
    for _ in range(STEPS):
        probable = 1 / (1 + np.exp(-(x @ line)))
        gradient = x.T @ (weights * (probable - relevant)) + 1e-6 * line
        curve = (x * (weights * probable * (1 - probable))[:, None]).T @ x + 1e-6 * np.eye(2)
        line = line - np.linalg.solve(curve, gradient)
    return float(line[0]), float(line[1])


def _loss(probable: np.ndarray, relevant: np.ndarray, weights: np.ndarray) -> float:
    right = np.clip(np.where(relevant > 0, probable, 1 - probable), 1e-9, None)
    return round(float(np.average(-np.log(right), weights=weights)), 4)


def _believed(
    probable: np.ndarray, relevant: np.ndarray, weights: np.ndarray
) -> list[tuple[float, float, int]]:
    rows = []
    for low in BINS:
        inside = (probable >= low) & (probable < low + 0.2)
        if inside.any():
            told, true = (
                round(float(np.average(each[inside], weights=weights[inside])), 2)
                for each in (probable, relevant)
            )
            rows.append((told, true, int(inside.sum())))
    return rows


def summarise(lines: Sequence[dict[str, Any]]) -> str:
    """A row for every mode, judged or not."""
    header = ["mode", "judged", "slope", "intercept", "log loss", "of the line that ships"]
    header.append("told by what ships > relevant (hits)")
    rows = []
    for line in lines:
        bins = ", ".join(f"{told:.2f} > {true:.2f} ({n})" for told, true, n in line["ships"])
        loss = [f"{line['loss'][name]:.3f}" for name in ("fitted", "ships")]
        names = [line["mode"], "yes" if line["judged"] else "no"]
        rows.append([*names, f"{line['slope']:.1f}", f"{line['intercept']:.1f}", *loss, bins])
    return table(header, rows)
