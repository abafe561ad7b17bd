"""Many questions, read as they come, and their answers as lines of JSON."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

from lepton_local.errors import InputError

if TYPE_CHECKING:
    from lepton_local.types import Progress

NAMES = ("question", "query", "text")
IDS = ("id", "_id")
PASSED = ("metadata",)  # what question files of benchmarks have beside
EXPECTED = 'expected {"id": …, "question": "…"}'
LONGEST = 1 << 20  # bytes of a line: no question is as long
_JSON = (".jsonl", ".json", ".ndjson")


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a file of questions, and what is wrong with it, if it asks nothing."""

    line: int  # from 1
    id: Any
    question: str
    error: str = ""


def read_questions(lines: BinaryIO, name: str = "") -> Iterator[Asked]:
    """The questions of a file by that name, each as soon as its line is there; empty lines are
    passed over.

    A file of .csv, or one whose first line names the columns, is CSV. Of others a line that begins
    with a brace is JSON, and any other the question itself, but in a file of .jsonl. Raises
    InputError for columns that are unknown, or no question among them.
    """
    from lepton_local.search.question import parse_question

    for asked in _lines(lines, PurePath(name).suffix.lower()):
        if not asked.error:
            try:
                parse_question(asked.question)
            except InputError as error:
                asked = replace(asked, error=error.message)
        yield asked


def _lines(lines: BinaryIO, suffix: str) -> Iterator[Asked]:
    numbered = ((number, line) for number, line in enumerate(_read(lines), 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        return
    head = _text(first[1])
    mark = max(",;\t", key=head.count)
    columns = _header(head, mark)
    if suffix == ".csv" or (suffix not in _JSON and set(columns) & set(NAMES) and _known(columns)):
        yield from _rows(columns, mark, numbered)
        return
    for number, line in itertools.chain([first], numbered):
        if suffix in _JSON or line.lstrip().startswith(b"{"):
            yield _record(number, line)
        else:
            yield Asked(number, None, _text(line).strip())


def _read(lines: BinaryIO) -> Iterator[bytes]:
    """Each line; one without end is told in parts, and takes no memory."""
    yield from iter(lambda: lines.readline(LONGEST), b"")


def _text(line: bytes) -> str:
    return line.decode("utf-8-sig", "replace")


def _known(columns: Iterable[str]) -> bool:
    return set(columns) <= {*NAMES, *IDS, *PASSED}


def _header(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def _rows(columns: list[str], mark: str, numbered: Iterator[tuple[int, bytes]]) -> Iterator[Asked]:
    """The rows of a CSV file, whose first line has been read; `mark` stands between cells."""
    asked = next((name for name in NAMES if name in columns), "")
    if not asked or not _known(columns):
        strange = next((name for name in columns if not _known([name])), "")
        raise InputError(
            f"the column {strange!r} is unknown" if strange else "no column has the question",
            advice="expected columns id and question",
        )
    at = 0

    def texts() -> Iterator[str]:
        nonlocal at
        for number, line in numbered:
            at = number
            yield _text(line)

    rows = csv.reader(texts(), delimiter=mark)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Asked(at, None, "", f"it is no row of CSV ({error})")
            continue
        cells = dict(zip(columns, row, strict=False))
        key = next((cells[name] for name in IDS if name in cells), None)
        wrong = "" if len(row) == len(columns) else f"{len(row)} cells, expected {len(columns)}"
        yield Asked(at, key, cells.get(asked, ""), wrong)


def _record(number: int, line: bytes) -> Asked:
    told = line[:60].decode(errors="replace").strip()
    error = f"{told!r} has no question, {EXPECTED}"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return Asked(number, None, "", error)
    if not isinstance(row, dict):
        return Asked(number, None, "", error)
    question = next((row[name] for name in NAMES if name in row), None)
    key = next((row[name] for name in IDS if name in row), None)
    if strange := [name for name in row if not _known([name])]:
        return Asked(number, key, "", f"{', '.join(map(repr, strange))} is unknown, {EXPECTED}")
    if not isinstance(question, str):
        return Asked(number, key, "", error)
    return Asked(number, key, question)


def answer_each(
    asked: Iterable[Asked],
    answer: Callable[[Asked], bytes],
    *,
    total: int | None,
    progress: Progress,
) -> Iterator[bytes]:
    """What `answer` gives for each, in order; `total` where it is known how many there are."""
    for done, one in enumerate(asked, 1):
        yield answer(one)
        progress("ask", done, total)
