"""What a saved answer says, as the JSON that lies in its file: all that is shown is made of it.

It is the record of `query --json` without what the one who gets it need not know: where the
documents lie on this machine, their metadata, and how they were found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from typing import Any

from lepton_local import __version__
from lepton_local.saved.pictures import Pictures, drawn
from lepton_local.search.context import lines_around, own_lines
from lepton_local.search.record import SCHEMA, answer_record, hit_record
from lepton_local.store.index import Index
from lepton_local.types import Answer, Hit, Result

KIND = "lepton-local answer"
LAYOUT = 2  # raised when the same record would give another page
AROUND = 3  # lines of the document above a passage and below it
_ANSWER = "text confidence document title mark line column start end quote digest stale".split()
_HIT = (
    "rank relevance document title format mark line column matches start end text digest "
    "passage stale lines"
).split()


def saved_record(
    result: Result, index: Index, *, answering: bool, when: datetime
) -> tuple[dict[str, Any], Pictures]:
    """The record of a result, as it was found in an index, and the pictures that go with it;
    `answering`: an answer was asked for.
    """
    hits = [*result.hits]
    answers = [each for each in (result.answer, *result.guesses) if each is not None]
    known = {_place(hit) for hit in hits}
    beside = {_place(each.hit): each.hit for each in answers if _place(each.hit) not in known}
    hits += beside.values()
    drawings, pictures = drawn(index, hits, answers)
    passages = [
        {
            **_only(_HIT, hit_record(_in_lines(index, hit), rank)),
            "first": hit.passage.line,
            "picture": drawings.get(rank - 1),
        }
        for rank, hit in enumerate(hits, 1)
    ]
    record = {
        "kind": KIND,
        "schema": SCHEMA,
        "layout": LAYOUT,
        "version": __version__,
        "saved": when.isoformat(timespec="seconds"),
        "question": result.question,
        "indexes": [
            {"index": PurePath(each.index).name, "generation": each.generation}
            for each in result.indexes
        ],
        "answering": answering,
        "answer": _told(result.answer) if result.answer is not None else None,
        "guesses": [_told(each) for each in result.guesses],
        "notes": list(_notes(result)),
        "passages": passages,
    }
    return record, pictures


def _in_lines(index: Index, hit: Hit) -> Hit:
    """The hit with all lines of its passage, and a few around them."""
    last = hit.passage.line + hit.passage.text.count("\n")
    before = hit.line - hit.passage.line + AROUND
    lines = lines_around(index, hit, before=before, after=last - hit.line + AROUND)
    return replace(hit, lines=lines or own_lines(hit))


def _told(answer: Answer) -> dict[str, Any]:
    return _only(_ANSWER, answer_record(answer))


def _notes(result: Result) -> Iterator[str]:
    for word, instead in result.corrections.items():
        yield f'"{word}" is not in the index; searched "{instead}"'
    yield from result.notes


def _place(hit: Hit) -> tuple[str, str, str, int]:
    return hit.index, hit.root, hit.passage.document, hit.passage.start


def _only(names: Sequence[str], record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in names}
