"""What a file of Word 97 to 2003 says of its paragraphs and characters ([MS-DOC] 2.6, 2.9): lists
of changes to what a style has, in blocks of 512 bytes.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

_T = TypeVar("_T")
_PAGE = 512
_SIZES = (1, 1, 2, 4, 2, 2, 0, 3)  # bytes of a value by the kind of change; 0: it says so itself
_TABLE_LAYOUT = 0xD608  # a change whose size has two bytes
_DELETED, _HIDDEN = 0x0800, 0x083C
_IN_TABLE, _ENDS_ROW, _LIST, _DEPTH = 0x2416, 0x2417, 0x460B, 0x260A
_NO_LIST = 0xF801
_OF_PARAGRAPHS = 1  # a kind of style
_HEADINGS, _TITLE, _OWN = range(1, 10), 62, 0xFFE  # built-in styles; those of a person
_DEEPEST = 8  # styles based on each other


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What holds of a paragraph: its style, the list that it names and its level there, if it does,
    and whether it is in a table.
    """

    style: int = 0
    number: int | None = None
    depth: int | None = None
    in_table: bool = False
    ends_row: bool = False


class Paragraphs:
    """What holds of each paragraph, by where in the file it ends."""

    def __init__(self, main: bytes, table: bytes) -> None:
        self._runs = sorted(_runs(main, table, _paragraph), key=lambda run: run[:2])
        self._starts = [start for start, _, _ in self._runs]

    def at(self, place: int) -> Paragraph:
        """What holds of the paragraph whose end stands at a byte of the file."""
        number = bisect_right(self._starts, place) - 1
        known = number >= 0 and place < self._runs[number][1]
        return self._runs[number][2] if known else Paragraph()


def unseen(main: bytes, table: bytes) -> list[tuple[int, int]]:
    """From where to where in the file characters were deleted, or are hidden; in order, apart."""
    found: list[tuple[int, int]] = []
    for start, end, off in sorted(_runs(main, table, _is_unseen)):
        if not off or end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


@dataclass(frozen=True, slots=True)
class OldStyle:
    """A style: which of the built-in ones it is, the one that it is based on, and what it changes
    in paragraphs.
    """

    kind: int
    base: int
    changes: bytes


def styles_in(data: bytes) -> list[OldStyle]:
    """The styles of a style sheet, by their numbers."""
    if len(data) < 6:
        return []
    size, count, head = struct.unpack_from("<HHH", data)
    at, styles = 2 + size, []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        style = data[at + 2 : at + 2 + length]
        kind, base = struct.unpack_from("<HH", style) if length >= 4 else (0, 0)
        changes = b""
        if base & 0xF == _OF_PARAGRAPHS and length > head + 2:
            place = head + 4 + 2 * int.from_bytes(style[head : head + 2], "little")
            place += place % 2
            changes = style[
                place + 4 : place + 2 + int.from_bytes(style[place : place + 2], "little")
            ]
        styles.append(OldStyle(kind & 0xFFF, base >> 4, changes))
        at += 2 + length + length % 2
    return styles


def heading_styles(data: bytes) -> Iterator[tuple[int, str]]:
    """The numbers of the styles of headings, and of titles, in a style sheet, and their names."""
    styles = styles_in(data)
    for number, style in enumerate(styles):
        for _ in range(_DEEPEST):
            if style.kind != _OWN or style.base >= len(styles):
                break
            style = styles[style.base]
        if style.kind in _HEADINGS or style.kind == _TITLE:
            yield number, "title" if style.kind == _TITLE else f"heading {style.kind}"


def list_of(changes: bytes) -> tuple[int | None, int | None]:
    """The list that changes name, 0 for none, and the level; None where they do not name it."""
    return _list(dict(_changes(changes)))


def _list(told: Mapping[int, int]) -> tuple[int | None, int | None]:
    number = told.get(_LIST)
    return 0 if number == _NO_LIST else number, told.get(_DEPTH)


def _runs(
    main: bytes, table: bytes, read: Callable[[bytes, int, int], _T]
) -> Iterator[tuple[int, int, _T]]:
    """From where to where in the file something holds, and what."""
    count = max(len(table) - 4, 0) // 8
    numbers = struct.unpack_from(f"<{count}I", table, 4 * (count + 1)) if count else ()
    for number in dict.fromkeys(number & 0x3FFFFF for number in numbers):
        page = main[number * _PAGE : (number + 1) * _PAGE]
        many = page[-1] if len(page) == _PAGE else 0
        if 5 * many + 4 < _PAGE:
            places = struct.unpack_from(f"<{many + 1}I", page)
            for which, (start, end) in enumerate(pairwise(places)):
                yield start, end, read(page, 4 * (many + 1), which)


def _paragraph(page: bytes, at: int, which: int) -> Paragraph:
    begin = 2 * page[at + 13 * which]
    if not begin:
        return Paragraph()
    size = page[begin]
    begin, size = (begin + 1, 2 * size - 1) if size else (begin + 2, 2 * page[begin + 1])
    told = dict(_changes(page[begin + 2 : begin + size]))
    return Paragraph(
        int.from_bytes(page[begin : begin + 2], "little"),
        *_list(told),
        bool(told.get(_IN_TABLE)),
        bool(told.get(_ENDS_ROW)),
    )


def _is_unseen(page: bytes, at: int, which: int) -> bool:
    begin = 2 * page[at + which]
    told = dict(_changes(page[begin + 1 : begin + 1 + page[begin]])) if begin else {}
    return told.get(_DELETED) == 1 or told.get(_HIDDEN) == 1


def _changes(data: bytes) -> Iterator[tuple[int, int]]:
    """Which changes, and their values."""
    at = 0
    while at + 3 <= len(data):
        (kind,) = struct.unpack_from("<H", data, at)
        at += 2
        size = _SIZES[kind >> 13] or data[at] + 1
        if kind == _TABLE_LAYOUT:
            size = int.from_bytes(data[at : at + 2], "little") + 1
        yield kind, int.from_bytes(data[at : at + min(size, 4)], "little")
        at += size
