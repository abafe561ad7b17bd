"""The numbers of paragraphs in a document of Word 97 to 2003 ([MS-DOC] 2.9.131, 2.9.147), told as
today's Word writes them, so that one way of counting serves both.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from lepton_local.corpus.formats.doc_changes import list_of, styles_in
from lepton_local.corpus.formats.docx_numbers import Numbers, styles_of

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FORMATS = {
    1: "upperRoman",
    2: "lowerRoman",
    3: "upperLetter",
    4: "lowerLetter",
    5: "ordinal",
    22: "decimalZero",
    23: "bullet",
    255: "none",
}
_SIMPLE = 1  # in the flags of a list: it has one level
_LEGAL, _RESTARTS = 4, 8  # in those of a level
_STARTS, _FORMATTED = 0x10, 0x20  # in those of an override


class Labels:
    """What stands in front of each paragraph, in their order."""

    def __init__(self, styles: bytes, lists: bytes, overrides: bytes) -> None:
        """styles, lists, overrides: the tables of the file; of the last two all that follows."""
        self._style = styles_of(_styles(styles))
        self._numbers = Numbers(_numbering(lists, overrides))

    def next(self, style: int, number: int | None, depth: int | None) -> str | None:
        """As `Numbers.label`. number, depth: the list that the paragraph names itself, and its
        level, None where it does not.
        """
        paragraph = etree.Element(f"{_W}p")
        _numbered(paragraph, number, depth)
        return self._numbers.label(paragraph, str(style), self._style(str(style)))


def _numbered(element: Any, number: int | None, depth: int | None) -> None:
    told = etree.SubElement(etree.SubElement(element, f"{_W}pPr"), f"{_W}numPr")
    for name, value in (("numId", number), ("ilvl", depth)):
        if value is not None:
            _say(told, name, value)


def _say(element: Any, name: str, value: object) -> None:
    etree.SubElement(element, f"{_W}{name}").set(f"{_W}val", str(value))


def _styles(data: bytes) -> Any:
    tree = etree.Element(f"{_W}styles")
    for number, style in enumerate(styles_in(data)):
        made = etree.SubElement(tree, f"{_W}style")
        made.set(f"{_W}styleId", str(number))
        _say(made, "basedOn", style.base)
        _numbered(made, *list_of(style.changes))
    return tree


def _numbering(lists: bytes, overrides: bytes) -> Any:
    tree = etree.Element(f"{_W}numbering")
    if len(lists) < 2 or len(overrides) < 4:
        return tree
    (count,) = struct.unpack_from("<H", lists)
    at = 2 + 28 * count
    for which in range(count):
        (id_,) = struct.unpack_from("<i", lists, 2 + 28 * which)
        simple = lists[2 + 28 * which + 26] & _SIMPLE
        made = etree.SubElement(tree, f"{_W}abstractNum")
        made.set(f"{_W}abstractNumId", str(id_))
        for depth in range(1 if simple else 9):
            at = _level(made, depth, lists, at)
    _add_overrides(tree, overrides)
    return tree


def _add_overrides(tree: Any, data: bytes) -> None:
    """The lists that paragraphs name: a list, and in what it departs from it."""
    (count,) = struct.unpack_from("<I", data)
    at = 4 + 16 * count
    for which in range(min(count, len(data) // 16)):
        (id_,) = struct.unpack_from("<i", data, 4 + 16 * which)
        made = etree.SubElement(tree, f"{_W}num")
        made.set(f"{_W}numId", str(which + 1))
        _say(made, "abstractNumId", id_)
        at += 4
        for _ in range(data[4 + 16 * which + 12]):
            start, flags = struct.unpack_from("<iI", data, at)
            at += 8
            override = etree.SubElement(made, f"{_W}lvlOverride")
            override.set(f"{_W}ilvl", str(flags & 15))
            if flags & _STARTS:
                _say(override, "startOverride", start)
            if flags & _FORMATTED:
                at = _level(override, flags & 15, data, at)


def _level(parent: Any, depth: int, data: bytes, at: int) -> int:
    """Add a level of a list; gives where it ends."""
    start, form, flags, places, runs, own, restart = struct.unpack_from("<iBB9s9xBBBx", data, at)
    level = etree.SubElement(parent, f"{_W}lvl")
    level.set(f"{_W}ilvl", str(depth))
    _say(level, "start", start)
    _say(level, "numFmt", _FORMATS.get(form, "decimal"))
    if flags & _LEGAL:
        _say(level, "isLgl", 1)
    if flags & _RESTARTS:
        _say(level, "lvlRestart", restart)
    at += 28 + int(runs) + int(own)
    size = 2 * int.from_bytes(data[at : at + 2], "little")
    signs = data[at + 2 : at + 2 + size].decode("utf-16-le", "replace")
    _say(level, "lvlText", "".join(_shown(signs, set(places))))
    return at + 2 + size


def _shown(signs: str, places: set[int]) -> Iterator[str]:
    """The text of a level, with "%1" for the number of the first."""
    for place, sign in enumerate(signs, 1):
        if place in places:
            yield f"%{ord(sign) + 1}"
        elif sign >= " ":
            yield sign
