"""How far apart the cells of a sheet stand, told before calamine reads it: it holds the whole
rectangle around them in memory, and two cells in opposite corners would fill it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lepton_local.corpus.formats.biff12 import CELLS, ROW, records
from lepton_local.corpus.formats.rows import column_number
from lepton_local.errors import SourceError

_CELLS = 1 << 24  # of the rectangle: 400 MB
_BINARY = re.compile(r".*/worksheets/[^/]+\.bin\Z", re.IGNORECASE)
# The place of a cell that holds something: calamine passes over those that only have a format.
_PLACE = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Z]+)(\d+)[\"'][^<>]*(?<!/)>\s*<(?:\w+:)?[vif]"
)
_ANY = re.compile(rb"\br=[\"']([A-Z]+)(\d+)[\"']")
_STRETCH, _LONGEST = 1 << 20, 1 << 10  # bytes looked at together, and of a place
_BLANK = 1  # a cell that has a format and no more


def check_extent(name: str, part: bytes) -> None:
    """Raises SourceError if a part of a workbook is a sheet that is too large. In XML a sheet may
    have any name; no other part speaks of cells that no sheet has.
    """
    if _BINARY.match(name):
        rows, columns = _extent(_records(part))
    elif name.lower().endswith(".xml"):
        rows, columns = _at_most(part)
        if rows * columns > _CELLS:
            rows, columns = _extent(_places(part))
    else:
        return
    if rows * columns > _CELLS:
        raise SourceError(
            f"a sheet of {rows:,} rows and {columns:,} columns, expected at most {_CELLS:,} cells: "
            "delete those that stand far from the others"
        )


def _at_most(sheet: bytes) -> tuple[int, int]:
    """How many rows and columns there may be at most, empty cells counted too: told quickly."""
    rows, columns = {b"0"}, {b""}
    for at in range(0, len(sheet), _STRETCH):
        for letters, digits in _ANY.findall(sheet, at, at + _STRETCH + _LONGEST):
            columns.add(letters)
            rows.add(digits)
    return max(map(int, rows)), 1 + max(column_number(letters.decode()) for letters in columns)


def _extent(places: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """How many rows and columns there are, of (row, column) from 0."""
    rows = columns = 0
    for row, column in places:
        rows, columns = max(rows, row + 1), max(columns, column + 1)
    return rows, columns


def _places(sheet: bytes) -> Iterator[tuple[int, int]]:
    for place in _PLACE.finditer(sheet):
        yield int(place[2]) - 1, column_number(place[1].decode())


def _records(sheet: bytes) -> Iterator[tuple[int, int]]:
    """The rows, and the cells that hold something, of a binary sheet."""
    for kind, at, _ in records(sheet):
        value = int.from_bytes(sheet[at : at + 4], "little")
        if kind == ROW:
            yield value, -1
        elif kind in CELLS and kind != _BLANK:
            yield -1, value
