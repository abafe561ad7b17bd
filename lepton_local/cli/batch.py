"""Many questions from one file, and their answers as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from lepton_local.errors import InputError
from lepton_local.types import Progress

NAMES = ("question", "query", "text")


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a file of questions, and what is wrong with it, if it asks nothing."""

    line: int  # from 1
    id: Any
    question: str
    error: str = ""


def read_questions(lines: BinaryIO) -> Iterator[Asked]:
    """The questions of a JSONL file; empty lines are passed over."""
    from lepton_local.search.question import parse_question

    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        asked = _read(number, line)
        if not asked.error:
            try:
                parse_question(asked.question)
            except InputError as error:
                asked = replace(asked, error=error.message)
        yield asked


def _read(number: int, line: bytes) -> Asked:
    told = line[:60].decode(errors="replace").strip()
    error = f'{told!r} has no question, expected {{"id": …, "question": "…"}}'
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return Asked(number, None, "", error)
    if not isinstance(row, dict):
        return Asked(number, None, "", error)
    question = next((row[name] for name in NAMES if name in row), None)
    key = row.get("id", row.get("_id"))
    if not isinstance(question, str):
        return Asked(number, key, "", error)
    return Asked(number, key, question)


def answer_each(
    asked: Sequence[Asked],
    answer: Callable[[Asked], bytes],
    *,
    progress: Progress,
) -> Iterator[bytes]:
    """What `answer` gives for each, in order."""
    for done, one in enumerate(asked, 1):
        yield answer(one)
        progress("ask", done, len(asked))
