"""Answers that are lists: how many of the things that were asked for, and whether all of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from support.record import new_record, table, write_json, write_rows

from lepton_local.errors import InputError
from lepton_local.evaluation.datasets import QuestionSet, load_dataset
from lepton_local.evaluation.metrics import normalise_answer
from lepton_local.models.load import load_reader
from lepton_local.models.roles import PassageText, Reader
from lepton_local.search.items import items_around
from lepton_local.search.wants import LIST, wanted

_APART = re.compile(r",?\s+(?:and|or)\s+|[,;]\s+")
_LIST = re.compile(r"^[^\n]*:\n\n?((?:[-*] [^\n]+\n(?: +[^\n]+\n)*){3,12})", re.MULTILINE)
_TABLE = re.compile(r"^\|([^\n]+)\|\n\|[-| :]+\|\n((?:\|[^\n]+\|\n){3,12})", re.MULTILINE)
_HEAD = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for several things, the text that tells them, and which they are."""

    kind: str
    question: str
    title: str
    text: str
    gold: tuple[str, ...]


def run(corpus: Path, squad: str | Path, *, most: int, seed: int, name: str) -> Path:
    """Ask the reader of each text alone; return the folder of the record."""
    data = load_dataset(squad)
    if not isinstance(data, QuestionSet):
        raise InputError(f"{squad}: expected a SQuAD JSON file: bench.py lists --squad F")
    record = new_record(name)
    reader = load_reader("bundled", device="cpu", threads=1, allow_download=False)
    counted = list(_counted(data))
    chosen = random.Random(seed).sample(counted, min(most, len(counted)))
    rows = [(each, *answers(each, reader)) for each in [*chosen, *_made(corpus)]]
    kinds = sorted({each.kind for each, _, _ in rows})
    summary = {kind: figures([row for row in rows if row[0].kind == kind]) for kind in kinds} | {
        "seed": seed
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary, kinds), encoding="utf-8")
    write_rows(
        record / "questions.jsonl.gz",
        [[e.kind, e.question, list(e.gold), phrase, items] for e, phrase, items in rows],
    )
    return record


def answers(asked: Asked, reader: Reader) -> tuple[list[str], list[str]]:
    """The best span, and what stands beside it: the items of the answer before and now."""
    reading = reader.read(asked.question, [PassageText(asked.title, asked.text)])[0]
    if not reading.spans:
        return [], []
    best = reading.spans[0]
    phrase = asked.text[best.start : best.end]
    found = items_around(asked.text, best.start, best.end, asked.question)
    return [phrase], [asked.text[a:b] for a, b in found] or [phrase]


def figures(rows: Sequence[tuple[Asked, list[str], list[str]]]) -> dict[str, Any]:
    """Partial F1 and exact sets, in percent: of the span alone, of it cut at its commas, and of the
    items.
    """
    ways: dict[str, list[tuple[Sequence[str], Sequence[str]]]] = {
        "span": [(phrase, asked.gold) for asked, phrase, _ in rows],
        "span, cut": [(_cut(" ".join(phrase)), asked.gold) for asked, phrase, _ in rows],
        "items": [(items, asked.gold) for asked, _, items in rows],
    }
    return {
        "questions": len(rows),
        **{
            way: {
                "partial_f1": round(100 * fmean(partial(*each) for each in told), 2),
                "exact_set": round(100 * fmean(_set(a) == _set(b) for a, b in told), 2),
            }
            for way, told in ways.items()
        },
    }


def partial(told: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of two sets of items, each the same or not."""
    ours, theirs = _set(told), _set(gold)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0


def _set(items: Sequence[str]) -> set[str]:
    return {normalise_answer(each) for each in items} - {""}


def _cut(text: str) -> list[str]:
    return [each for each in _APART.split(text) if each]


def _counted(data: QuestionSet) -> Iterator[Asked]:
    """Questions of people whose answer counts up several things."""
    for each in data.questions:
        gold = _cut(each.answers[0]) if each.answers else []
        joined = each.answers and re.search(r"\b(?:and|or)\b", each.answers[0])
        if wanted(each.text) == LIST and joined and 2 <= len(gold) <= 12:
            title = each.title.replace("_", " ")
            yield Asked("counted up", each.text, title, each.context, tuple(gold))


def _made(corpus: Path) -> Iterator[Asked]:
    """Questions made from lists and tables of Markdown: what stands under a heading."""
    for file in sorted(corpus.rglob("*.md")):
        text = file.read_text(encoding="utf-8")
        for found in _LIST.finditer(text):
            items = re.findall(r"^[-*] ((?:.|\n(?! *[-*] ))+)", found[1], re.MULTILINE)
            head = _heading(text, found.start())
            yield Asked("list", f"list the {head}", file.stem, found[0], tuple(items))
        for found in _TABLE.finditer(text):
            head = found[1].split("|")[0].strip()
            cells = [row.split("|")[1].strip() for row in found[2].splitlines()]
            asked = f"list the {head} of {_heading(text, found.start())}"
            yield Asked("column", asked, file.stem, found[0], tuple(cells))


def _heading(text: str, at: int) -> str:
    heads = _HEAD.findall(text[:at])
    return str(heads[-1]).lower() if heads else "items"


def summarise(summary: dict[str, Any], kinds: Sequence[str]) -> str:
    """The figures as a table."""
    return table(
        ["asked", "questions", "answer", "partial F1", "exact set"],
        [
            [
                kind,
                str(summary[kind]["questions"]),
                way,
                f"{summary[kind][way]['partial_f1']:.1f}",
                f"{summary[kind][way]['exact_set']:.1f}",
            ]
            for kind in kinds
            for way in ("span", "span, cut", "items")
        ],
    )
