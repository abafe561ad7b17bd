"""How far apart the cells of a sheet stand, told before calamine reads it: it holds the whole
rectangle around them in memory, and two cells in opposite corners would fill it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from lepton_local.corpus.formats.rows import column_number
from lepton_local.errors import SourceError

_CELLS = 1 << 24  # of the rectangle: 400 MB
_BINARY = re.compile(r".*/worksheets/[^/]+\.bin\Z", re.IGNORECASE)
# The place of a cell that holds something: calamine passes over those that only have a format.
_PLACE = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=[\"']([A-Z]+)(\d+)[\"'][^<>]*(?<!/)>\s*<(?:\w+:)?[vif]"
)
# Kinds of records: BrtRowHdr, and those of cells that hold something.
_ROW, _CELL = 0, frozenset((*range(2, 12), 62))


def check_extent(name: str, part: bytes) -> None:
    """Raises SourceError if a part of a workbook is a sheet that is too large. In XML a sheet may
    have any name; no other part speaks of cells that no sheet has.
    """
    if _BINARY.match(name):
        rows, columns = _extent(_records(part))
    elif name.lower().endswith(".xml"):
        rows, columns = _extent(_places(part))
    else:
        return
    if rows * columns > _CELLS:
        raise SourceError(
            f"a sheet of {rows:,} rows and {columns:,} columns, expected at most {_CELLS:,} cells: "
            "delete those that stand far from the others"
        )


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
    """The rows, and the cells, of a binary sheet ([MS-XLSB] 2.1.4)."""
    at = 0
    while at < len(sheet):
        kind, at = _number(sheet, at, 2)
        size, at = _number(sheet, at, 4)
        value = int.from_bytes(sheet[at : at + 4], "little")
        if kind == _ROW:
            yield value, -1
        elif kind in _CELL:
            yield -1, value
        at += size


def _number(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number of 7 bits a byte, and where it ends; a byte below 128 is its last."""
    tail = data[at : at + longest]
    more = sum(1 for _ in takewhile(lambda byte: byte > 127, tail[: longest - 1]))
    return sum(
        (byte & 127) << 7 * place for place, byte in enumerate(tail[: more + 1])
    ), at + more + 1
