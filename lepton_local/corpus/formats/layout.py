"""Printed lines, and what they are: the body, headings, headers and footers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NUMBERED = re.compile(
    r"(?:Chapter\s+|Section\s+|Appendix\s+)?((?:\d{1,2}|[A-Z])(?:\.\d{1,2})*)[.:]?\s+[^\W\d_]"
)
LONGEST_HEADING = 120  # characters
_NUMBER = re.compile(r"\s*(?:[IVXL]+|[A-Z]|\d+(?:\.\d+)*)[.:)]?\s+")
_NO_LETTER = re.compile(r"[\W\d_]+")
_HEADING_SIZE = 1.15  # times the body's
_TOP_LEVEL = 2  # the document's title is level 1


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its words, how high in points and whether bold its first letter is, and
    whether the line stands for itself, as the row of a table does, or a form field.
    """

    text: str
    size: float
    bold: bool
    alone: bool = False


Pages = Sequence[Sequence[Line]]


def body_of(pages: Pages) -> float:
    """The size in which most of the text is set."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size), default=0.0)


def heading_levels(
    pages: Pages, body: float, outline: Mapping[tuple[int, str], int]
) -> list[list[int]]:
    """For each line of each page the level of the heading that it is, or 0; by the bookmarks, if
    the lines bear them out.
    """
    titles: dict[int, dict[str, int]] = {}
    for (page, title), level in outline.items():
        titles.setdefault(page, {}).setdefault(_letters(title), min(level + _TOP_LEVEL, 6))
    marked = [
        [_outlined(line, titles.get(number, {})) for line in page]
        for number, page in enumerate(pages)
    ]
    if sum(level > 0 for page in marked for level in page) * 2 >= len(outline) > 0:
        return marked
    return [_levels_by_looks(page, body) for page in pages]


def _levels_by_looks(page: Sequence[Line], body: float) -> list[int]:
    levels: list[int] = []
    for row, line in enumerate(page):
        level = _by_looks(line, body)
        if not level and row and levels[-1] and _continues(page[row - 1], line):
            level = levels[-1]
        levels.append(level)
    return levels


def _continues(above: Line, line: Line) -> bool:
    """Whether a line is the second of a heading: it has no number, and is set like the first."""
    if not (above.bold and line.bold and line.size == above.size):
        return False
    return len(line.text) < LONGEST_HEADING and ". " not in line.text


def _by_looks(line: Line, body: float) -> int:
    text = line.text
    if line.alone or len(text) > LONGEST_HEADING or text[-1] in ".,;:" or "@" in text:
        return 0
    if sum(map(str.isalpha, text)) * 2 < len(text):
        return 0
    larger = line.size >= body * _HEADING_SIZE
    numbered = NUMBERED.match(text)
    if numbered is not None and (line.bold or larger):
        return min(_TOP_LEVEL + numbered[1].count("."), 6)
    return _TOP_LEVEL if larger and line.bold else 0


def _outlined(line: Line, titles: Mapping[str, int]) -> int:
    letters = _letters(line.text) if titles else ""
    for title, level in titles.items():
        if letters == title or (len(letters) > 10 and title.startswith(letters)):
            return level
    return 0


def _letters(text: str) -> str:
    """The letters of a heading, without its number."""
    return _NO_LETTER.sub("", _NUMBER.sub("", text)).casefold()
