"""The headings of a document, read from its marks: their levels, the lines they fill, the path down
to each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from lepton_local.types import Document

_LEVEL = re.compile(r"(#{1,6}) ?")
# Marks of code and of its reference ("def run", "class Engine") name what follows, as a heading
# does, below all levels.
_NAMED = re.compile(
    r"(?:attribute|class|classmethod|data|decorator|def|enum|exception|fn|func|function|impl"
    r"|interface|macro|member|method|mod|module|namespace|option|property|procedure|staticmethod"
    r"|struct|table|trait|trigger|type|union|var|view) "
)
NAMED = 7  # the level of such a mark
# Marks of data ("key dependencies", "section tool.ruff") do as well.
_FIELD = re.compile(r"(?:element|key|section) ")
FIELD = 8  # the level of such a mark
_WORD = re.compile(r"\w+")
_RULE = re.compile(r"[ \t]*([!-/:-@\[-`{-~])\1+[ \t]*\Z")
TOP = 2  # no passage crosses a heading of this level, or of a smaller one


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its lines are `text[start:end]`. `level` counts from 1; 7 is a named piece of
    code, 8 a field of data.
    """

    start: int
    end: int
    level: int
    path: str  # "Section > Subsection", down to this one, without the document's title


def headings(document: Document) -> list[Heading]:
    """The headings among a document's marks, in order."""
    text = document.text
    found: list[Heading] = []
    stack: list[tuple[int, str]] = []
    for mark in document.marks:
        match = _LEVEL.match(mark.label)
        level = len(match[1]) if match is not None else _level_of(mark.label)
        if not level:
            continue
        name = mark.label[match.end() :] if match is not None else mark.label
        while stack and stack[-1][0] >= level:
            stack.pop()
        stack.append((level, name))
        path = " > ".join(name for _, name in stack if name)
        end = _extent(text, mark.start, name) if match is not None else mark.start
        found.append(Heading(mark.start, end, level, path))
    return found


def path_at(document: Document, found: list[Heading], position: int) -> str:
    """The heading path at a position: the title, if it stands in the document, and the headings
    above.
    """
    index = bisect_right(found, position, key=lambda heading: heading.start) - 1
    path = found[index].path if index >= 0 else ""
    if not document.titled or not document.title:
        return path
    title = document.title
    first, _, rest = path.partition(" > ")
    if " ".join(first.split()).casefold() == " ".join(title.split()).casefold():
        path = rest  # the first heading is the title: say it once
    return f"{title} > {path}" if path else title


def _level_of(label: str) -> int:
    return NAMED if _NAMED.match(label) else FIELD if _FIELD.match(label) else 0


def _extent(text: str, start: int, name: str) -> int:
    """Where the lines of a heading end: one line, and the rules drawn above and below it.

    Nowhere beyond `start` if its name does not stand there: then a section goes on that something
    else stood in.
    """
    end = _line_end(text, start)
    if _RULE.match(text[start:end]) and end < len(text):
        end = _line_end(text, end + 1)
    word = _WORD.search(name)
    if word is not None and word.group() not in text[start:end]:
        return start
    below = _line_end(text, end + 1) if end < len(text) else end
    return below if _RULE.match(text[end + 1 : below]) else end


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end
