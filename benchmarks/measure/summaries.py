"""Composed answers beside the first passage: how much they hold of what people wrote, and how often
they repeat themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from measure.answers import index_of
from support.record import new_record, table, write_json, write_rows

from lepton_local.corpus.sentences import sentences
from lepton_local.evaluation.metrics import f1, normalise_answer
from lepton_local.search.searcher import Searcher

WAYS = ("first passage", "as much of it", "composed")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, what people answered, and each way's text, cut into sentences."""

    question: str
    gold: str
    texts: Mapping[str, Sequence[str]]
    documents: int  # that the composed answer cites


def run(papers: Path, work: Path, *, name: str) -> Path:
    """Ask all questions about the papers; return the folder of the record."""
    told = json.loads((papers / "eval_questions.json").read_text(encoding="utf-8"))
    record = new_record(name)
    searcher = Searcher(index_of(papers, work / "index"))
    rows = [
        asked(searcher, question, gold)
        for question, gold in zip(told["questions"], told["ground_truths"], strict=True)
    ]
    summary = {
        "papers": searcher.index.documents,
        "questions": len(rows),
        "answered": sum(bool(row.texts["composed"]) for row in rows),
        "documents": round(fmean(row.documents for row in rows), 2),
        **{way: figures(rows, way) for way in WAYS},
    }
    write_json(record / "summary.json", summary)
    (record / "summary.md").write_text(summarise(summary), encoding="utf-8")
    write_rows(record / "questions.jsonl.gz", map(_raw, rows))
    return record


def asked(searcher: Searcher, question: str, gold: str) -> Asked:
    """What each way gives; `as much of it`: the first words of the passage, as many as composed."""
    hits = searcher.search(question, k=1)
    composed = searcher.summary(question).sentences
    text = hits[0].passage.text if hits else ""
    many = sum(len(each.text.split()) for each in composed)
    texts = {
        "first passage": _cut(text),
        "as much of it": _cut(" ".join(text.split()[:many])),
        "composed": [each.text for each in composed],
    }
    return Asked(question, gold, texts, len({each.hit.passage.document for each in composed}))


def figures(rows: Sequence[Asked], way: str) -> dict[str, float]:
    """Means over all questions, in percent; nothing composed counts as nothing held. `repeated` is
    over the texts of several sentences.
    """
    told = [(" ".join(row.texts[way]), row.gold) for row in rows]
    several = [row.texts[way] for row in rows if len(row.texts[way]) > 1]
    return {
        "rouge_l": round(100 * fmean(rouge_l(text, gold) for text, gold in told), 2),
        "recall": round(100 * fmean(recall(text, gold) for text, gold in told), 2),
        "f1": round(100 * fmean(f1(text, [gold]) for text, gold in told), 2),
        "repeated": round(100 * fmean(map(repeated, several)), 2) if several else 0.0,
        "sentences": round(fmean(len(row.texts[way]) for row in rows), 2),
        "words": round(fmean(len(text.split()) for text, _ in told), 1),
    }


def rouge_l(text: str, gold: str) -> float:
    """F1 of the longest common subsequence of words (Lin, "ROUGE", 2004)."""
    ours, theirs = normalise_answer(text).split(), normalise_answer(gold).split()
    row = [0] * (len(theirs) + 1)
    for word in ours:
        before = 0
        for at, other in enumerate(theirs, 1):
            same = before + 1 if word == other else max(row[at], row[at - 1])
            before, row[at] = row[at], same
    return 2 * row[-1] / (len(ours) + len(theirs)) if row[-1] else 0.0


def recall(text: str, gold: str) -> float:
    """The share of the different words of the written answer that a text has."""
    theirs = set(normalise_answer(gold).split())
    return len(theirs & set(normalise_answer(text).split())) / len(theirs) if theirs else 0.0


def repeated(parts: Sequence[str]) -> float:
    """The mean share of a sentence's words that stand in the one other sentence most like it."""
    words = [set(normalise_answer(each).split()) for each in parts]
    shares = [
        max(len(one & other) / len(one) for m, other in enumerate(words) if m != n)
        for n, one in enumerate(words)
        if one
    ]
    return fmean(shares) if shares else 0.0


def _cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def _raw(row: Asked) -> list[Any]:
    """Question, documents cited, and of each way ROUGE-L and recall; what was composed."""
    held = []
    for way in WAYS:
        text = " ".join(row.texts[way])
        held += [round(rouge_l(text, row.gold), 3), round(recall(text, row.gold), 3)]
    return [row.question, row.documents, *held, list(row.texts["composed"])]


def summarise(summary: dict[str, Any]) -> str:
    """The figures as a table."""
    names = list(summary[WAYS[0]])
    rows = [[way, *(f"{summary[way][name]:.1f}" for name in names)] for way in WAYS]
    said = (
        f"{summary['answered']} of {summary['questions']} questions got a composed answer, of "
        f"{summary['documents']:.1f} documents on average.\n"
    )
    return f"{table(['', *names], rows)}\n{said}"
