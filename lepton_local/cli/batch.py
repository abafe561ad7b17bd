"""Many questions from one file, and their answers as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from lepton_local.errors import InputError

NAMES = ("question", "query", "text")


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a file of questions."""

    line: int  # from 1
    id: Any
    question: str


def read_questions(lines: BinaryIO) -> Iterator[Asked]:
    """The questions of a JSONL file; empty lines are passed over.

    Raises InputError for a line that holds none.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            question = next(row[name] for name in NAMES if name in row)
        except (ValueError, TypeError, StopIteration):
            question = None
        if not isinstance(question, str):
            raise InputError(
                f"{lines.name} line {number} is {line[:60].decode(errors='replace').strip()!r}, "
                'expected {"id": …, "question": "…"}'
            )
        yield Asked(number, row.get("id", row.get("_id")), question)


def answer_each(
    asked: Sequence[Asked],
    answer: Callable[[Asked], bytes],
    *,
    progress: Callable[[str, int, int], None],
) -> Iterator[bytes]:
    """What `answer` gives for each, in order.

    Raises InputError, with the number of its line, for a question that cannot be asked.
    """
    for done, one in enumerate(asked, 1):
        try:
            yield answer(one)
        except InputError as error:
            raise InputError(f"line {one.line}: {error.message}", advice=error.advice) from error
        progress("ask", done, len(asked))
