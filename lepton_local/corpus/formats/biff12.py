"""The records of XLSB, Excel's binary workbook ([MS-XLSB] 2.1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

ROW = 0  # BrtRowHdr: its number first
CELLS = frozenset((*range(1, 12), 62))  # of cells: the column first, then the style


def records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each record, where its content begins, and how many bytes it has."""
    at = 0
    while at < len(data):
        kind, at = _number(data, at, 2)
        size, at = _number(data, at, 4)
        yield kind, at, size
        at += size


def _number(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number of 7 bits a byte, and where it ends; a byte below 128 is its last."""
    tail = data[at : at + longest]
    more = sum(1 for _ in takewhile(lambda byte: byte > 127, tail[: longest - 1]))
    return sum(
        (byte & 127) << 7 * place for place, byte in enumerate(tail[: more + 1])
    ), at + more + 1
