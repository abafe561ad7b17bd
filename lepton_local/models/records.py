"""What a text keeps apart and what it keeps together: records, which no answer reaches across, and
tokens, which none cuts.

A record is a row of a table, a cell of it, an item of a list, a line of "name: value", a line that
is quoted, a paragraph. A token is an address, an identifier, a number, a date, an option.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CELL = " | "
SHORT = 40  # code points: a line this short ended because something did, not for want of room

_ITEM = re.compile(r"[ \t]*(?:[-*+•>|#]|\d{1,3}[.)]|[a-z]\))(?:\s|$)")
_NAMED = re.compile(r"[ \t>]*(\w[\w .()/€$%'-]{0,40}): (?=\S)")
_TOKEN = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # addresses
    r"|\w+://[^\s<>\"')\]]*[\w/]"
    r"|(?:[\w.~-]*/){2,}[\w.-]*\w"  # paths
    r"|\+\d[\d ()/-]{5,}\d"  # telephone numbers
    r"|\d{4}-\d\d?-\d\d?"
    r"|[A-Z][A-Z\d]*(?:-[A-Z\d]*\d[A-Z\d]*)+"  # INV-2045
    r"|(?<![\w-])--?[A-Za-z][\w-]*\w"
    r"|\d+(?:[.,:]\d+)+"
    r"|\w+(?:[._]\w+)+"  # lease.ttl, D.C
)


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line of a text starts and ends."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, end
        start = end + 1
    yield start, len(text)


def is_item(line: str) -> bool:
    """Whether a line is an item of a list: no heading, no quotation, no row."""
    found = _ITEM.match(line)
    return found is not None and found[0].strip() not in ("|", "#", ">")


def item_lines(found: Iterable[str]) -> list[bool]:
    """Whether each of these lines is one of an item: its first, or a later one, further in."""
    told: list[bool] = []
    for line in found:
        told.append(is_item(line) or (line[:1] in (" ", "\t") and told[-1:] == [True]))
    return told


def label(line: str) -> int:
    """How many code points of a line of "name: value" come before the value; 0 of another line."""
    found = _NAMED.match(line)
    return found.end() if found else 0


@lru_cache(maxsize=128)
def fences(text: str) -> NDArray[np.int64]:
    """The places, sorted, that no answer reaches across: it lies before or behind each of them.

    Kept for the passages of a question, which are asked about span by span.
    """
    places: list[int] = []
    before, named = "", False  # the line before, and whether it was of "name: value"
    for start, end in lines(text):
        line = text[start:end]
        row = CELL in line
        names = label(line)
        if start and (
            row
            or CELL in before
            or len(before.strip()) <= SHORT
            or not line.strip()
            or _ITEM.match(line)
            or (names and (named or label(before)))
        ):
            places.append(start)
        if row:
            places += _cells(line, start)
        elif names and (named or label(_next(text, end))):
            places.append(start + names)
        before, named = line, bool(names)
    found = np.array(places, dtype=np.int64)
    found.flags.writeable = False
    return found


class Around(NamedTuple):
    """What stands around a span: its record, and what names it there, such as its column."""

    record: str
    name: str
    tabular: bool  # a row, or a line of "name: value"


def around(text: str, start: int, end: int) -> Around:
    """The record of `text[start:end]`: a row, an item, a paragraph, whole with all its cells.

    A cell is named by the words before its colon, or by the head of its column.
    """
    borders = [place for place in fences(text).tolist() if text[place - 1] == "\n"]
    first = max((place for place in borders if place <= start), default=0)
    last = min((place for place in borders if place >= end), default=len(text))
    record = text[first:last]
    if CELL not in record:
        names = label(record)
        return Around(record, record[:names], bool(names))
    number = record.count(CELL, 0, start - first + 1)
    cell = record.split(CELL)[number]
    heads = [] if label(cell) else _heads(text, first)
    name = heads[number] if number < len(heads) else cell[: label(cell)]
    return Around(record, name, True)


def heads(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` names a column, in a row whose cells say what they are of."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    row = text[first : last if last >= 0 else len(text)]
    if CELL not in row:
        return False
    cell = row.rfind(CELL, 0, start - first)
    cell = cell + len(CELL) if cell >= 0 else 0
    return end - first <= cell + label(row[cell:])


def columns(text: str, start: int, end: int) -> list[str]:
    """What names the cells of the row that `text[start:end]` stands in, or the lines of "name:
    value" around it.
    """
    near = around(text, start, end)
    if CELL not in near.record:
        return [line[: label(line)] for line in text.splitlines() if label(line)]
    cells = near.record.split(CELL)
    heads = _heads(text, text.rfind(near.record, 0, max(end, start + 1)))
    return [
        cell[: label(cell)] or (heads[number] if number < len(heads) else "")
        for number, cell in enumerate(cells)
    ]


def _heads(text: str, start: int) -> list[str]:
    """The cells of the first of the rows that end at `start`."""
    head = ""
    for row in reversed(text[:start].splitlines()):
        if CELL not in row:
            break
        head = row
    return head.split(CELL)


def within_token(text: str) -> NDArray[np.bool_]:
    """Whether a cut at each place of a text, its end included, would fall inside a token."""
    inside = np.zeros(len(text) + 1, dtype=bool)
    for found in _TOKEN.finditer(text):
        inside[found.start() + 1 : found.end()] = True
    return inside


def _cells(line: str, start: int) -> Iterator[int]:
    """Where the cells of a row begin, and where their values do behind the names of columns."""
    at = 0
    for cell in line.split(CELL):
        if at:
            yield start + at
        if names := label(cell):
            yield start + at + names
        at += len(cell) + len(CELL)


def _next(text: str, end: int) -> str:
    return text[end + 1 : text.find("\n", end + 1) if text.find("\n", end + 1) >= 0 else len(text)]
