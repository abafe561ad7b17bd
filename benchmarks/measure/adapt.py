"""What a few questions of a new domain teach the bundled pair model, and what it forgets."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import click
from support.record import new_record, table, write_json, write_rows

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import Question, QuestionSet, load_dataset
from lepton_local.models.load import load_reader
from lepton_local.models.resolve import BUNDLED_PAIR
from lepton_local.train.curve import lines
from lepton_local.train.data import Group, read_groups
from lepton_local.train.mine import group_record
from lepton_local.train.paired import PairRun
from lepton_local.train.recipe import Recipe
from lepton_local.train.score import score_reader

SIZES = (100, 500, 2000)  # questions of the new domain that are learnt from
VALIDATION = 100  # more of them, to choose the best weights by
REMEMBERED = 1000  # questions of the old kind that it is to go on answering as it did
TESTED = 600  # questions of the new domain, of other paragraphs, that are scored
MAX_TOKENS = 176
RECIPES = {
    "all weights": Recipe(task="read", lr=5e-5, epochs=4, freeze="embeddings"),
    "low rank": Recipe(task="read", lr=5e-4, epochs=4, lora=8),
}


@dataclass(frozen=True, slots=True)
class Domain:
    """A new domain: questions to learn from and, of other paragraphs, questions to be scored on."""

    learnt: Sequence[Group]
    tested: Sequence[Question]


def run(
    domains: Mapping[str, Path],
    remember: Path,
    kept: str | Path,
    work: Path,
    *,
    sample: int,
    seed: int,
    base: Path = BUNDLED_PAIR,
    sizes: Sequence[int] = SIZES,
    threads: int,
    name: str,
) -> Path:
    """Teach each domain with each number of questions; return the folder of the record.

    `remember` holds questions of the old kind, whose answers are not looked at; `kept` those that
    show what the base forgets.
    """
    work.mkdir(parents=True, exist_ok=True)
    record = new_record(name)
    old = read_groups([remember])
    remember = _written(Random(seed).sample(old, REMEMBERED), work / "remembered.jsonl.gz")
    checked = Random(seed).sample(_questions(kept), sample)
    rows: list[dict[str, Any]] = []
    for domain, path in domains.items():
        split = divide(path, seed=seed)
        rows.append({"domain": domain, "size": 0, "recipe": "bundled", "minutes": 0.0})
        rows[-1] |= _scores(base, split.tested, checked, threads)
        for size in sizes:
            for recipe in RECIPES:
                if size + VALIDATION > len(split.learnt):
                    continue
                out = work / f"{domain}-{size}-{recipe.replace(' ', '-')}"
                began = time.perf_counter()
                _teach(
                    base,
                    split.learnt,
                    remember,
                    out,
                    size=size,
                    recipe=RECIPES[recipe],
                    threads=threads,
                )
                minutes = (time.perf_counter() - began) / 60
                row = {"domain": domain, "size": size, "recipe": recipe}
                rows.append({**row, "minutes": round(minutes, 2)})
                rows[-1] |= _scores(out, split.tested, checked, threads)
                click.echo(str(rows[-1]), err=True)
                summary = {"sample": sample, "seed": seed, "threads": threads, "rows": rows}
                write_json(record / "summary.json", summary)
                (record / "summary.md").write_text(summarise(rows), encoding="utf-8")
    (record / "curves.svg").write_text(picture(rows), encoding="utf-8")
    return record


def divide(path: Path, *, seed: int) -> Domain:
    """Split a SQuAD file by paragraph: none is both learnt from and asked about."""
    asked = _questions(path)
    paragraphs = sorted({question.context for question in asked})
    Random(seed).shuffle(paragraphs)
    tested: list[Question] = []
    chosen: set[str] = set()
    by_paragraph: dict[str, list[Question]] = {}
    for question in asked:
        by_paragraph.setdefault(question.context, []).append(question)
    for paragraph in paragraphs:
        if len(tested) >= TESTED:
            break
        chosen.add(paragraph)
        tested += by_paragraph[paragraph]
    learnt = [g for g in read_groups([path]) if g.candidates[0].passage.text not in chosen]
    Random(seed).shuffle(learnt)
    return Domain(learnt, tested[:TESTED])


def _questions(path: str | Path) -> list[Question]:
    found = load_dataset(path)
    if not isinstance(found, QuestionSet):
        raise InputError(f"{path}: a retrieval set, expected SQuAD JSON")
    return list(found.questions)


def _teach(
    base: Path,
    learnt: Sequence[Group],
    remember: Path,
    out: Path,
    *,
    size: int,
    recipe: Recipe,
    threads: int,
) -> None:
    """As `lepton-train pair` does it, on files of the groups."""
    groups, held = learnt[:size], learnt[-VALIDATION:]
    steps = (size + REMEMBERED) // recipe.batch
    PairRun(
        data=(_written(groups, out.with_suffix(".train.jsonl.gz")),),
        validation=_written(held, out.with_suffix(".held.jsonl.gz")),
        remember=remember,
        base=base,
        out=out,
        recipe=replace(recipe, validate=max(1, steps // 2)),
        device="cpu",
        max_tokens=MAX_TOKENS,
        resume=False,
    ).run(threads=threads)


def _written(groups: Sequence[Group], path: Path) -> Path:
    write_rows(path, [group_record(group) for group in groups])
    return path


def _scores(
    model: Path, tested: Sequence[Question], checked: Sequence[Question], threads: int
) -> dict[str, float]:
    reader = load_reader(str(model), device="cpu", threads=threads)
    new, old = score_reader(reader, tested), score_reader(reader, checked)
    return {
        "em": new["em"],
        "f1": new["f1"],
        "answerable f1": new["has_answer"]["f1"],
        "unanswerable": new["no_answer"]["f1"],
        "kept em": old["em"],
        "kept f1": old["f1"],
    }


def summarise(rows: Sequence[Mapping[str, Any]]) -> str:
    """One line a model."""
    names = ["em", "f1", "answerable f1", "unanswerable", "kept em", "kept f1"]
    header = ["domain", "questions", "recipe", "minutes", *names]
    lines_ = [
        [
            row["domain"],
            f"{row['size']:,}",
            row["recipe"],
            f"{row['minutes']:.1f}",
            *(f"{row[name]:.1f}" for name in names),
        ]
        for row in rows
    ]
    return table(header, lines_)


def picture(rows: Sequence[Mapping[str, Any]]) -> str:
    """F1 by questions learnt from; the bundled model stands at 10."""
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for recipe in RECIPES:
            if row["recipe"] in (recipe, "bundled"):
                series.setdefault(f"{row['domain']}, {recipe}", []).append(
                    (max(10, row["size"]), row["f1"])
                )
    return lines(series, x="questions learnt from (10: none)", y="F1", log=True)
