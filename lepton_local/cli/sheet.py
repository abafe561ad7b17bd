"""A table of answers as a spreadsheet, a page, a program or a person reads it: all are made of the
records of its rows, one at a time.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from lepton_local.cli.screen import cells as wide
from lepton_local.cli.screen import clean, columns, fold, json_line, light, prose
from lepton_local.cli.show import sureness

Record = Mapping[str, Any]
Sheet = Callable[[Sequence[str], Iterable[Record]], Iterator[str]]

EMPTY = "–"  # noqa: RUF001 - a dash for an empty cell
WIDEST = 32  # columns of a question beside its answer

# What a spreadsheet would run as a formula, unless it is a plain number.
_FORMULA = re.compile(r"[=+\-@\t\r](?![\d.,]+%?\Z)")
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~#])")


def place(answer: Record) -> str:
    """Mark and line:column within its document."""
    mark = f"{prose(answer['mark']).lstrip('# ')}, " if answer["mark"] else ""
    return f"{mark}{answer['line']}:{answer['column']}"


def csv_sheet(questions: Sequence[str], rows: Iterable[Record]) -> Iterator[str]:
    """One line a document; of each question the answer, its confidence, its place, and what else
    the document says.
    """
    parts = ("", " (confidence)", " (place)", " (also)")
    yield csv_line(["document", "title", "date", *(q + part for q in questions for part in parts)])
    for row in rows:
        line = [row["document"], row["title"], row["date"]]
        for cell in row["cells"]:
            answer = cell["answer"]
            line += (
                [answer["text"], f"{answer['confidence']:.2f}", place(answer), _others(cell)]
                if answer
                else ["", "", "", ""]
            )
        yield csv_line(line)


def markdown_sheet(questions: Sequence[str], rows: Iterable[Record]) -> Iterator[str]:
    """A table of Markdown, in which no word of a document is markup."""
    heads = ["document", *questions]
    yield f"| {' | '.join(map(_inert, heads))} |\n|{' --- |' * len(heads)}\n"
    for row in rows:
        shown = [_inert(row["document"])]
        for cell in row["cells"]:
            answer = cell["answer"]
            if not answer:
                shown.append(EMPTY)
                continue
            told = f"{_inert(answer['text'])} ({answer['confidence']:.0%}, {_inert(place(answer))})"
            also = _others(cell)
            shown.append(f"{told}; also: {_inert(also)}" if also else told)
        yield f"| {' | '.join(shown)} |\n"


def json_sheet(questions: Sequence[str], rows: Iterable[Record]) -> Iterator[str]:
    """A line of JSON a document."""
    for row in rows:
        yield json_line(row).decode()


def plain_sheet(questions: Sequence[str], rows: Iterable[Record]) -> Iterator[str]:
    """A few lines a document, to be read on a terminal or aloud."""
    for number, row in enumerate(rows):
        lines = [""] * bool(number)
        lines += list(_block(row, columns()))
        yield "\n".join(lines) + "\n"


SHEETS: dict[str, Sheet] = {
    "plain": plain_sheet,
    "csv": csv_sheet,
    "json": json_sheet,
    "markdown": markdown_sheet,
}


def _block(row: Record, width: int) -> Iterator[str]:
    title = prose(row["title"])
    name = clean(row["document"])
    about = f"  {click.style(title, dim=True)}" if wide(name) + wide(title) + 5 <= width else ""
    answered = any(cell["answer"] for cell in row["cells"])
    yield f"{click.style(name, fg='cyan')}{about}{'' if answered else f'  {EMPTY}'}"
    widest = min(max(wide(prose(cell["question"])) for cell in row["cells"]), WIDEST)
    for cell in row["cells"] if answered else ():
        label = fold(prose(cell["question"]), widest, lines=1)[0]
        gap = " " * (widest - wide(label))
        first, *more = light(fold(_told(cell), max(width - widest - 4, 20)), bold=True)
        yield f"  {label}{gap}  {first}"
        for line in more:
            yield f"  {'':{widest}}  {line}"


def _told(cell: Record) -> str:
    answer = cell["answer"]
    if not answer:
        return EMPTY
    words = prose(answer["text"], [(0, len(answer["text"]))])
    told = f"{words} ({sureness(answer['confidence'])}: {place(answer)})"
    also = _others(cell)
    return f"{told}; CONFLICT: {also}" if also else told


def _others(cell: Record) -> str:
    """What else the document says, where that contradicts the answer."""
    others = [each for each in cell["answers"] if each["conflict"]]
    return "; ".join(f"{prose(each['text'])} ({place(each)})" for each in others)


def csv_line(values: Iterable[str]) -> str:
    """A line of CSV in which no cell is a formula."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([_still(prose(value)) for value in values])
    return line.getvalue()


def _still(value: str) -> str:
    return f"'{value}" if _FORMULA.match(value) else value


def _inert(text: str) -> str:
    return _ACTIVE.sub(r"\\\1", prose(text))
