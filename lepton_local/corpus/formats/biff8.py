"""The records of XLS, Excel 97's workbook ([MS-XLS] 2.1.4): a kind and a size, and the content."""

from __future__ import annotations

import struct
from collections.abc import Iterator

FORMAT, STYLE, SHEET, BEGIN, END = 0x041E, 0x00E0, 0x0085, 0x0809, 0x000A
_HEAD = struct.Struct("<HH")


def records(
    stream: bytes, wanted: frozenset[int], begin: int = 0
) -> Iterator[tuple[int, int, bytes]]:
    """The records of some kinds in a part of a workbook, with where each begins: of what stands
    before the sheets, or of the sheet that begins there. The charts in it are parts within it.
    """
    at, depth = begin, 0
    while at + 4 <= len(stream):
        kind, size = _HEAD.unpack_from(stream, at)
        if kind == BEGIN:
            depth += 1
        elif kind == END:
            depth -= 1
            if depth <= 0:
                return
        elif kind in wanted:
            yield kind, at, stream[at + 4 : at + 4 + size]
        at += 4 + size


def following(stream: bytes, at: int) -> tuple[int, int, bytes]:
    """The record behind the one that begins at a place: its kind, where it begins, its content."""
    at += 4 + int.from_bytes(stream[at + 2 : at + 4], "little")
    if at + 4 > len(stream):
        return 0, len(stream), b""
    kind, size = _HEAD.unpack_from(stream, at)
    return kind, at, stream[at + 4 : at + 4 + size]


def sheets_of_old(stream: bytes) -> dict[str, int]:
    """Where each sheet begins, by its name."""
    return {
        text(body[6:], 1): int.from_bytes(body[:4], "little")
        for _, _, body in records(stream, frozenset((SHEET,)))
        if len(body) > 8
    }


def text(body: bytes, width: int) -> str:
    """A text with its length in front, in `width` bytes, and a sign of how wide its letters are."""
    if len(body) <= width:
        return ""
    size, wide = int.from_bytes(body[:width], "little"), body[width] & 1
    data = body[width + 1 : width + 1 + size * (2 if wide else 1)]
    return data.decode("utf-16-le" if wide else "latin-1", "replace")
