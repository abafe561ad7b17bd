"""The rows of a table or spreadsheet -> canonical text: a line a row, each value after its column's
name.

A passage is read and found by itself, far from the header of its table; so each row says the names
of its columns again. Every row of a sheet has a mark such as "Sales!A2:F2".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from lepton_local.corpus.formats.title import one_line
from lepton_local.corpus.formats.writer import Writer

_BARE = re.compile(r"[^\W\d]\w*\Z")  # names of sheets that need no quotes
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_LONGEST = 60  # characters of a column's name; all of it stands in the header

CellAt = tuple[int, int]  # row, column, from 0


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty. `column` counts from 0; `is_words`: neither a number nor a date;
    `rows`: over how many rows it reaches; `beside`: what is noted on it, no part of its words.
    """

    column: int
    text: str
    is_words: bool
    rows: int = 1
    beside: str = ""

    @property
    def shown(self) -> str:
        """All that is said in it."""
        return f"{self.text} {self.beside}".strip() if self.beside else self.text


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row that are not empty; `first` to `last`, from 0, are equal rows like it."""

    first: int
    last: int
    cells: tuple[Cell, ...]


def write_sheet(name: str, rows: Iterable[Row], writer: Writer) -> None:
    """Write the name of a sheet as a heading of level 2, and its rows that are not empty."""
    names: dict[int, str] = {}  # of the columns of the table that the row stands in
    above: Row | None = None
    started = False
    for row, below in _pairs(_filled(rows)):
        if not started:
            started = True
            _heading(name, writer)
        apart = above is None or row.first > above.last + 1 or (len(above.cells) == 1 and not names)
        start = writer.at
        if _is_header(row, below, names, apart):
            names = {cell.column: one_line(cell.text, longest=_LONGEST) for cell in row.cells}
            writer.end_line(2)
            writer.row(cell.shown for cell in row.cells)
        else:
            if apart and not {cell.column for cell in row.cells} <= names.keys():
                names = {}
            if apart or (len(row.cells) == 1 and not names):
                writer.end_line(2)
            writer.row(
                f"{names[cell.column]}: {cell.shown}" if names.get(cell.column) else cell.shown
                for cell in row.cells
            )
        if writer.at > start:
            writer.mark(_place(name, row), start)
        above = row


def write_table(rows: Iterable[Sequence[str]], writer: Writer, *, has_header: bool) -> None:
    """Write the rows of a table within a text; `has_header`: its first row names the columns."""
    names: list[str] = []
    writer.end_line(2)
    for number, cells in enumerate(rows):
        writer.row(named(cells, names))
        if has_header and not number:
            names = column_names(cells)
    writer.end_line(2)


def column_names(cells: Iterable[str]) -> list[str]:
    """The names of columns, of the cells that say them."""
    return [one_line(cell, longest=_LONGEST).rstrip(": ") for cell in cells]


def named(cells: Sequence[str], names: Sequence[str]) -> list[str]:
    """The cells of a row, each after the name of its column; as they are if there are more or fewer
    of them than names.
    """
    if len(cells) != len(names):
        return list(cells)
    return [
        f"{name}: {cell}" if name and cell.strip() else cell
        for cell, name in zip(cells, names, strict=True)
    ]


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows that hold something; a cell that reaches over several is in each of them."""
    held: dict[int, tuple[int, Cell]] = {}  # by column, with the last row that it reaches
    for row in rows:
        if not row.cells:
            continue
        if not held and all(cell.rows == 1 for cell in row.cells):
            yield row
            continue
        own = {cell.column: cell for cell in row.cells}
        held = {column: entry for column, entry in held.items() if entry[0] >= row.first}
        cells = {column: cell for column, (_, cell) in held.items()} | own
        held |= {
            column: (row.first + cell.rows - 1, cell)
            for column, cell in own.items()
            if cell.rows > 1
        }
        yield Row(row.first, row.last, tuple(cells[column] for column in sorted(cells)))


def _pairs(rows: Iterator[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Each row with the one below."""
    ended: tuple[Row | None, ...] = (None,)
    for row, below in pairwise(chain(rows, ended)):
        if row is not None:
            yield row, below


def _heading(name: str, writer: Writer) -> None:
    writer.end_line(2)
    start = writer.at
    writer.words(name)
    if writer.at > start:
        writer.mark(f"## {one_line(name)}", start)
    writer.end_line(2)


def _is_header(row: Row, below: Row | None, names: dict[int, str], apart: bool) -> bool:
    """Whether a row names the columns of the rows below it: different words, or years, in each
    column that the next row fills but one.

    After an empty row the names above hold on, unless numbers stand below words again.
    """
    if not apart or below is None or below.first > row.last + 1 or len(row.cells) < 2:
        return False
    columns = {cell.column for cell in row.cells}
    filled = {cell.column for cell in below.cells}
    if len(filled) < 2 or len(filled - columns) > 1:
        return False
    if len({cell.text for cell in row.cells}) < len(columns) or not row.cells[0].is_words:
        return False
    if not all(cell.is_words or _YEAR.match(cell.text) for cell in row.cells):
        return False
    if any(cell.text.endswith(":") for cell in row.cells):
        return False
    figures = {cell.column for cell in below.cells if not cell.is_words}
    words = {cell.column for cell in row.cells if cell.is_words}
    return not columns <= names.keys() or bool(figures & words)


def _place(name: str, row: Row) -> str:
    """Where a row stands, as a spreadsheet writes it: "Sales!A2:F2", "'My sheet'!B7"."""
    sheet = name if _BARE.match(name) else "'" + name.replace("'", "''") + "'"
    first = f"{_letters(row.cells[0].column)}{row.first + 1}"
    last = f"{_letters(row.cells[-1].column)}{row.last + 1}"
    return f"{sheet}!{first}" if first == last else f"{sheet}!{first}:{last}"


def _letters(column: int) -> str:
    """The letters of a column, counted from 0: A, B, …, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def column_number(letters: str) -> int:
    """The column that these letters name, counted from 0; -1 if there are none."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1
