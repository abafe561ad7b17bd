"""The numbers that Word puts in front of headings, clauses and items (ECMA-376 part 1, 17.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from lepton_local.corpus.formats.numerals import ALPHABETS, chinese, circled, letters, roman

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_DEEPEST = 20  # styles based on one another


@dataclass(frozen=True, slots=True)
class Style:
    """A style of paragraphs, with what it takes from those that it is based on."""

    name: str = ""
    number: str = ""  # of the list that its paragraphs belong to
    level: str = ""


@dataclass(frozen=True, slots=True)
class _Level:
    """A level of a list. `text` is as Word stores it: "%1.%2" is the number above and its own."""

    format: str
    text: str
    start: int
    restart: int  # the level, from 1, whose numbers make it begin again; 0: none
    legal: bool  # the numbers of the levels above are shown as digits
    style: str


@dataclass(frozen=True, slots=True)
class _List:
    """What a paragraph may belong to."""

    kind: str  # whose counters it shares
    levels: Mapping[int, _Level]
    starts: Mapping[int, int]  # where levels begin anew with it


def styles_of(tree: Any | None) -> Callable[[str], Style]:
    """What gives the style of paragraphs that has an id, and an empty one for any other id. tree:
    the part of the styles, if there is one. Of hundreds of styles a document uses a few.
    """
    found = {
        style.get(f"{_W}styleId", ""): style
        for style in (() if tree is None else tree.iterchildren(f"{_W}style"))
        if style.get(f"{_W}type", "paragraph") == "paragraph"
    }

    def whole(id_: str, depth: int) -> Style:
        style = found.get(id_)
        if style is None or depth > _DEEPEST:
            return Style()
        based = whole(_value(style, "basedOn"), depth + 1)
        number, level = numbered(style)
        return Style(_value(style, "name").strip(), number or based.number, level or based.level)

    return cache(lambda id_: whole(id_, 0))


def numbered(element: Any) -> tuple[str, str]:
    """The list and the level that a paragraph, or a style, names itself; "" where it does not."""
    told = element.find(f"{_W}pPr/{_W}numPr")
    return ("", "") if told is None else (_value(told, "numId"), _value(told, "ilvl"))


class Numbers:
    """Counts the paragraphs of a document, in their order."""

    def __init__(self, tree: Any | None) -> None:
        """tree: the numbering part, if there is one."""
        parts = [] if tree is None else list(tree)
        self._kinds = {
            part.get(f"{_W}abstractNumId", ""): part
            for part in parts
            if part.tag == f"{_W}abstractNum"
        }
        self._named = {part.get(f"{_W}numId", ""): part for part in parts if part.tag == f"{_W}num"}
        self._list = cache(self._made)  # a document uses few of its lists
        self._begun: set[str] = set()
        self._counts: dict[str, list[int | None]] = {}  # kind -> the number of each level

    def label(self, paragraph: Any, style_id: str, style: Style) -> str | None:
        """What stands in front of the next paragraph: "2.3", "a)", "-" for any bullet, "" where its
        list shows nothing; None for a paragraph of no list.
        """
        number, level = numbered(paragraph)
        number = number or style.number
        if number not in self._named:
            return None
        levels = self._list(number).levels
        at = _int(level or style.level, -1)
        if at < 0:  # the style is that of one of the levels
            at = next((depth for depth, each in levels.items() if each.style == style_id), 0)
        if at not in levels:
            return None
        return self._shown(levels, at, self._count(number, levels, at))

    def _made(self, number: str) -> _List:
        named = self._named[number]
        kind = _value(named, "abstractNumId")
        link = _value(self._kinds[kind], "numStyleLink") if kind in self._kinds else ""
        if link:
            linked = {_value(each, "styleLink"): id_ for id_, each in self._kinds.items()}
            kind = linked.get(link, kind)
        overrides = list(named.iterchildren(f"{_W}lvlOverride"))
        levels = _levels(self._kinds.get(kind))
        for override in overrides:
            levels |= _levels(override)
        starts = {
            _int(override.get(f"{_W}ilvl"), 0): _int(start.get(f"{_W}val"), 1)
            for override in overrides
            if (start := override.find(f"{_W}startOverride")) is not None
        }
        return _List(kind, levels, starts)

    def _count(self, number: str, levels: Mapping[int, _Level], at: int) -> list[int | None]:
        of = self._list(number)
        counts = self._counts.setdefault(of.kind, [None] * _LEVELS)
        for level, start in of.starts.items():
            if number not in self._begun and 0 <= level < _LEVELS:
                counts[level] = start - 1
        self._begun.add(number)
        before = counts[at]
        counts[at] = levels[at].start if before is None else before + 1
        for above in range(at):
            if counts[above] is None and above in levels:
                counts[above] = levels[above].start
        for below in range(at + 1, _LEVELS):
            restart = levels[below].restart if below in levels else below
            if restart and at < restart:
                counts[below] = None
        return counts

    def _shown(self, levels: Mapping[int, _Level], at: int, counts: list[int | None]) -> str:
        level = levels[at]
        if level.format == "bullet":
            return "-"

        def number(match: re.Match[str]) -> str:
            which = int(match[1]) - 1
            kind = "decimal" if level.legal or which not in levels else levels[which].format
            return _FORMATS.get(kind, str)(counts[which] or 0) if which <= at else ""

        return re.sub(r"%([1-9])", number, level.text).strip()


def _levels(parent: Any | None) -> dict[int, _Level]:
    found = {}
    for level in () if parent is None else parent.iterchildren(f"{_W}lvl"):
        at = _int(level.get(f"{_W}ilvl"), 0)
        if 0 <= at < _LEVELS:
            found[at] = _Level(
                _value(level, "numFmt") or "decimal",
                _value(level, "lvlText"),
                _int(_value(level, "start"), 1),
                _int(_value(level, "lvlRestart"), at),
                level.find(f"{_W}isLgl") is not None,
                _value(level, "pStyle"),
            )
    return found


def _value(element: Any, name: str) -> str:
    found = next(element.iterchildren(f"{_W}{name}"), None)
    return "" if found is None else str(found.get(f"{_W}val", ""))


def _int(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text) else default


def _ordinal(number: int) -> str:
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


_FORMATS: dict[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02d}",
    "ordinal": _ordinal,
    "none": lambda _: "",
    "numberInDash": lambda number: f"- {number} -",
    "decimalFullWidth": lambda number: "".join(chr(0xFEE0 + ord(sign)) for sign in str(number)),
    **dict.fromkeys(
        (
            "chineseCounting",
            "chineseCountingThousand",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
            "japaneseCounting",
            "ideographDigital",
        ),
        chinese,
    ),
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), circled),
    "russianLower": partial(letters, alphabet=ALPHABETS["а"]),  # noqa: RUF001
    "russianUpper": lambda number: letters(number, alphabet=ALPHABETS["а"]).upper(),  # noqa: RUF001
    "ideographTraditional": partial(letters, alphabet=ALPHABETS["甲"]),
    "ganada": partial(letters, alphabet=ALPHABETS["가"]),
    "aiueo": partial(letters, alphabet=ALPHABETS["ア"]),
    "aiueoFullWidth": partial(letters, alphabet=ALPHABETS["ア"]),
}
