"""What was said of an index as files for others: a BEIR folder, SQuAD JSON, training pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lepton_local.learning.marks import Lesson, lessons_of
from lepton_local.search.marked import rows_of
from lepton_local.store.feedback import ANSWER_GOOD, Event
from lepton_local.store.index import Index

Files = Mapping[str, str]


def beir(index: Index, events: Sequence[Event]) -> tuple[Files, int]:
    """The passages that were marked as documents, and their grades: 1 good, 0 bad. And how many
    marks are of passages that are gone.
    """
    texts, marks, gone = _told(index, events)
    corpus = [{"_id": name, "title": "", "text": text} for name, text in texts.items()]
    queries = [{"_id": f"q{at}", "text": each.question} for at, each in enumerate(marks)]
    grades = [
        f"q{at}\t{name}\t{int(name in each.good)}\n"
        for at, each in enumerate(marks)
        for name in sorted(each.good | each.bad)
        if name in texts
    ]
    judged = "query-id\tcorpus-id\tscore\n" + "".join(grades)
    found = {"corpus.jsonl": _lines(corpus), "queries.jsonl": _lines(queries), "qrels.tsv": judged}
    return (found if marks else {}), gone


def squad(index: Index, events: Sequence[Event]) -> tuple[Files, int]:
    """Answers that were marked as good, in the passages in which they stand."""
    texts, _, gone = _told(index, events)
    paragraphs = []
    for number, event in enumerate(events):
        what = event.what
        if event.action != ANSWER_GOOD or what is None or not what.text:
            continue
        text = texts.get(what.passage, "")
        at = text.find(what.text)
        if at >= 0:
            answer = {"text": what.text, "answer_start": at}
            asked = {"id": f"q{number}", "question": event.question, "answers": [answer]}
            qas = [{**asked, "is_impossible": False}]
            paragraphs.append({"context": text, "qas": qas})
    data = {"version": "2.0", "data": [{"title": "feedback", "paragraphs": paragraphs}]}
    told = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    return ({"feedback.json": told} if paragraphs else {}), gone


def pairs(index: Index, events: Sequence[Event]) -> tuple[Files, int]:
    """A question, a good passage, and those that were marked as bad, a line each."""
    texts, marks, gone = _told(index, events)
    rows = [
        {
            "query": each.question,
            "positive": texts[name],
            "negatives": [texts[bad] for bad in sorted(each.bad) if bad in texts],
        }
        for each in marks
        for name in sorted(each.good)
    ]
    return ({"pairs.jsonl": _lines(rows)} if rows else {}), gone


WRITERS: Mapping[str, Callable[[Index, Sequence[Event]], tuple[Files, int]]] = {
    "beir": beir,
    "squad": squad,
    "pairs": pairs,
}


def _told(index: Index, events: Sequence[Event]) -> tuple[dict[str, str], list[Lesson], int]:
    """The texts of passages that were marked, by their digests, the questions, and how many marks
    are of passages that are gone.
    """
    names = [event.what.passage for event in events if event.what is not None]
    rows = {name: row for row, name in rows_of(index, set(names))}
    numbers = np.array(list(rows.values()), dtype=np.int64)
    column = index.take_passages(numbers, ["text"]).column(0).to_pylist()
    texts = dict(sorted(zip(rows, column, strict=True)))
    return texts, lessons_of(events, texts), sum(name not in rows for name in names)


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
