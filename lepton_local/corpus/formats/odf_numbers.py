"""The numbers before headings and items of an OpenDocument text (part 3, 16.30 to 16.34)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lepton_local.corpus.formats.numerals import ALPHABETS, chinese, circled, letters, roman
from lepton_local.corpus.formats.tree import local

_URN = "{urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE = f"{_URN}text:1.0}}", f"{_URN}style:1.0}}"
_LEVELS = 10


@dataclass(frozen=True, slots=True)
class _Level:
    format: str  # "1", "a", "A", "i", "I"; "" shows none
    prefix: str
    suffix: str
    shown: int  # how many levels are shown, its own with them
    start: int


class Numbers:
    """Counts the items and headings of a document, in their order."""

    def __init__(self, styles: Iterable[Any]) -> None:
        """styles: the elements that hold styles, automatic ones and common ones."""
        self._styles: dict[str, Any] = {}
        outline: Any = ()
        for element in styles:
            for each in element.iterchildren(f"{_TEXT}list-style"):
                self._styles[each.get(f"{_STYLE}name", "")] = each
            for each in element.iterchildren(f"{_TEXT}outline-style"):
                outline = each
        self._of = cache(lambda style: _levels(self._styles.get(style, ())))  # few are used
        self._outline = cache(lambda: _levels(outline))
        self._counts: dict[str, list[int]] = {}  # style -> the number of each level
        self._headings = [0] * (_LEVELS + 1)

    def begin(self, style: str, level: int, *, goes_on: bool) -> None:
        """A list begins at a level, from 1."""
        counts = self._counts.setdefault(style, [0] * (_LEVELS + 1))
        if not goes_on and level <= _LEVELS:
            counts[level:] = [0] * (_LEVELS + 1 - level)

    def item(self, style: str, level: int, start: str) -> str:
        """What stands in front of the next item: "2.3", or "-" where the list has bullets."""
        levels = self._of(style)
        if level not in levels:
            return "-"
        counts = self._counts.setdefault(style, [0] * (_LEVELS + 1))
        return _next(levels, counts, level, start)

    def heading(self, level: int, start: str) -> str:
        """What stands in front of the next heading that is in no list; "" where nothing does."""
        if level not in self._outline():
            return ""
        return _next(self._outline(), self._headings, level, start)


def _next(levels: Mapping[int, _Level], counts: list[int], level: int, start: str) -> str:
    own = levels[level]
    first = int(start) if start.isdecimal() and len(start) < 7 else None
    counts[level] = first if first is not None else max(counts[level] + 1, own.start)
    counts[level + 1 :] = [0] * (_LEVELS - level)
    if not own.format:
        return (own.prefix + own.suffix).strip()
    begin = max(1, level - own.shown + 1)
    shown = (
        _number(levels[at].format, counts[at] or levels[at].start)
        for at in range(begin, level + 1)
        if at in levels and levels[at].format
    )
    return f"{own.prefix}{'.'.join(shown)}{own.suffix}".strip()


def _levels(style: Iterable[Any]) -> dict[int, _Level]:
    found = {}
    for each in style:
        level = _int(each.get(f"{_TEXT}level"), 0)
        kind = local(each)
        if kind.endswith(("-number", "outline-level-style")) and 0 < level <= _LEVELS:
            found[level] = _Level(
                each.get(f"{_STYLE}num-format", ""),
                each.get(f"{_STYLE}num-prefix", ""),
                each.get(f"{_STYLE}num-suffix", ""),
                _int(each.get(f"{_TEXT}display-levels"), 1),
                _int(each.get(f"{_TEXT}start-value"), 1),
            )
    return found


def _int(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 7 else default


def _number(form: str, number: int) -> str:
    if form in ("a", "A"):
        return letters(number).upper() if form == "A" else letters(number)
    if form in ("i", "I"):
        return roman(number).upper() if form == "I" else roman(number)
    first = form[:1]  # other kinds are told by their first numbers: "一, 二, 三, ..."
    if first == "一":
        return chinese(number)
    if first == "①":
        return circled(number)
    if first.lower() in ALPHABETS:
        told = letters(number, alphabet=ALPHABETS[first.lower()])
        return told.upper() if first.isupper() else told
    return str(number)
