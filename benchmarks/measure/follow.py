"""The networks that tell which words of a talk a question leans on: trained on talks that people
rewrote and on made ones, and scored on talks of other topics, and on a set they never see.
"""

from __future__ import annotations

import json
import random
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import click
import numpy as np
from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]
from sklearn.neural_network import MLPClassifier  # type: ignore[import-untyped]
from support.follow_score import by_network, by_rules, scored
from support.linked import played
from support.record import new_record, table, write_json, write_rows
from support.talks import Talk, begun, made, medquad, rewritten, shapes, squad, texts

from lepton_local.search import follow
from lepton_local.search.follow_signs import Said, points_back, signs, words

HELD, TUNED = 98, 60  # topics to report, and to choose thresholds by
HIDDEN, ROUNDS = 32, 8
AGAIN, TALKS = 4, 3  # times that linked questions are drawn, and of an article at most
COPIED, STRANGE = 0.8, 0.01  # of what the question before took along, kept; of other words, added

ALONE = 0.97  # of the questions that take nothing: more than this is worth no words

LIMITS = ("leans", "floor", "least", "near")
LEANS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # what is tried for each limit of a follower
FLOORS = (0.0, 0.1, 0.2, 0.3)
LEAST = (0.2, 0.3, 0.4, 0.5)
NEAR = (0.5, 0.6, 0.7, 0.8)

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A question and the words before it. signs: (words, signs); taken: (words,) bool."""

    signs: np.ndarray
    taken: np.ndarray
    topic: str
    points: bool  # the question points back


def run(data: Path, *, weights: Path | None, seed: int, name: str) -> Path:
    """weights: where the networks are written, before they are scored; None: those that ship are
    scored. Gives the folder of the record.
    """
    rng = random.Random(seed)
    topics = rewritten(data / "conv" / "canard_dev.jsonl.gz")
    rng.shuffle(topics)
    held, tuned, topics = topics[:HELD], topics[HELD : HELD + TUNED], topics[HELD + TUNED :]
    if weights is not None:
        _train(data, topics, tuned, weights, rng)
    report: Report = {"seed": seed}
    record = new_record(name)
    sets = {
        "cast2019_eval": rewritten(data / "conv" / "cast2019_eval.jsonl.gz"),
        "canard, other topics": held,
    }
    for each, talks in sets.items():
        for how, taken in (("rules", by_rules), ("networks", by_network)):
            report[f"{each}, {how}"], rows = scored(talks, taken)
            write_rows(record / f"{each.split(',')[0]}-{how}.jsonl.gz", rows)
    write_json(record / "summary.json", report)
    (record / "summary.md").write_text(summarise(report), encoding="utf-8")
    return record


def _train(
    data: Path, topics: Sequence[Talk], tuned: Sequence[Talk], weights: Path, rng: random.Random
) -> None:
    read = data / "qa" / "train" / "squad_train_partial.json.gz"
    articles, told_of = squad(read), texts(read)
    patients = medquad(data / "rank" / "medquad.jsonl.gz")
    spoken = [t for _ in range(AGAIN) for t in played(articles, told_of, most=TALKS, rng=rng)]
    kept_back = [talk for article, talk in spoken if zlib.crc32(article.encode()) % 8 == 0]
    invented = [*made(500, articles, rng), *made(250, patients, rng)]
    invented += [talk for article, talk in spoken if zlib.crc32(article.encode()) % 8]
    choosing = [
        tuned,
        [begun(talk, answers=False) for talk in tuned],
        [*made(60, articles, rng), *made(30, patients, rng)],
        kept_back[: 2 * len(tuned)],
    ]
    rows = [
        row
        for talk in [*(s for topic in topics for s in shapes(topic, topics, rng)), *invented]
        for row in _rows(talk, rng)
    ]
    click.echo(f"{len(rows)} questions, {sum(len(row.taken) for row in rows)} words", err=True)
    told: dict[str, Any] = dict.fromkeys(LIMITS, 0.0)
    told["first"] = _net(rows, 0)
    halves = [[r for r in rows if zlib.crc32(r.topic.encode()) % 2 == half] for half in (0, 1)]
    # What the first network says of words that it was trained on is too good to learn from.
    second: list[Row] = []
    for half, other in ((0, 1), (1, 0)):
        net = follow.read_follower(
            {**told, "second": told["first"], "first": _net(halves[half], 1)}
        )
        second += [
            replace(row, signs=follow.among(row.signs, net.first(row.signs)))
            for row in halves[other]
        ]
    told["second"] = _net(second, 2)
    limits = _limits(follow.read_follower(told), choosing)
    click.echo(f"limits: {limits}", err=True)
    told |= limits
    weights.write_text(json.dumps(told) + "\n", encoding="utf-8")
    follow.follower.cache_clear()


def _rows(talk: Talk, rng: random.Random) -> list[Row]:
    said: list[Said] = []
    before: set[str] = set()
    rows = []
    for step in talk:
        known = said or ([Said((), (), words(step.title))] if step.title else [])
        asked = words(step.asked)
        if known and step.whole is not None:
            stems, _, x = signs(asked, known, before)
            whole = {word.stem for word in words(step.whole)}
            y = np.array([stem in whole for stem in stems])
            if len(stems):
                topic = talk[0].title or talk[0].asked
                rows.append(Row(x, y, topic, points_back(asked)))
            taken = {stem for stem in stems if stem in whole and rng.random() < COPIED}
            before = taken | {stem for stem in stems if rng.random() < STRANGE}
        else:
            before = set()
        said.append(Said(asked, words(step.answer), words(step.title)))
    return rows


def _net(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    x = np.log1p(np.maximum(np.concatenate([row.signs for row in rows]), 0))
    y = np.concatenate([row.taken for row in rows])
    mean, scale = x.mean(0), x.std(0) + 1e-3
    net = MLPClassifier(
        (HIDDEN,),
        alpha=1e-3,
        batch_size=256,
        learning_rate_init=2e-3,
        max_iter=ROUNDS,
        random_state=seed,
        tol=0.0,
        n_iter_no_change=ROUNDS,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it ends after ROUNDS, as it should
        net.fit((x - mean) / scale, y)
    (hidden, out), (bias, base) = net.coefs_, net.intercepts_
    told = {"mean": mean, "scale": scale, "hidden": hidden, "bias": bias, "out": out[:, 0]}
    return {key: np.round(each, 4).tolist() for key, each in told.items()} | {
        "base": round(float(base[0]), 4)
    }


def _limits(model: follow.Follower, sets: Sequence[Sequence[Talk]]) -> dict[str, float]:
    """The best limits on talks that neither network was trained on: by F1 and the questions left
    alone that take nothing, of each set alike.
    """
    sure = [
        [(model(row.signs), row) for talk in talks for row in _rows(talk, random.Random(0))]
        for talks in sets
    ]
    best, found = 0.0, model
    for leans, floor, least, near in product(LEANS, FLOORS, LEAST, NEAR):
        tried = replace(model, leans=leans, floor=floor, least=least, near=near)
        worth = fmean(_worth(tried, rows) for rows in sure)
        if worth > best:
            best, found = worth, tried
    return {each: getattr(found, each) for each in LIMITS}


def _worth(model: follow.Follower, rows: Sequence[tuple[np.ndarray, Row]]) -> float:
    hits = taken = wanted = 0
    alone = []
    for sure, row in rows:
        chosen = model.taken(sure, points=row.points)
        hits, taken = hits + int((chosen & row.taken).sum()), taken + int(chosen.sum())
        wanted += int(row.taken.sum())
        if not row.taken.any():
            alone.append(not chosen.any())
    return 2 * hits / max(1, wanted + taken) + min(fmean(alone), ALONE) / 2


def summarise(report: Report) -> str:
    """The figures as a table."""
    sets = [name for name in report if name != "seed"]
    names = list(report[sets[0]])
    rows = [[each, *(str(report[each][name]) for name in names)] for each in sets]
    return (
        "Words of the talk that a question is asked with, beside those that people took along when "
        "they rewrote it: micro-averaged precision, recall and F1 over stems, each turn after what "
        "was taken along before it. Left alone: of the questions that people left as they were; "
        "noticed: of those that they completed. cast2019_eval was not trained on; the topics of "
        "canard are others than those that were.\n\n" + table(["", *names], rows)
    )
