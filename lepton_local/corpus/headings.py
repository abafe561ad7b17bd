"""The headings of a document, read from its marks: their levels, the lines they fill, the path down
to each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lepton_local.types import Document, Mark

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
TOP = 2  # no passage crosses a heading of this level, of a smaller one, or one that asks
LONGEST_QUESTION = 200  # characters
_LONGEST_TERM = 60
_ASKS = re.compile(r"[?\uff1f\u061f]\s*[\"'”’)\]*_]*\Z")  # noqa: RUF001


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
    found = []
    for start, level, name, path in outline(document.marks):
        end = _extent(document.text, start, name) if level < NAMED else start
        found.append(Heading(start, end, level, path))
    return found


def outline(marks: Iterable[Mark]) -> Iterator[tuple[int, int, str, str]]:
    """Start, level, name and path of the headings among marks, in order; no text is needed."""
    stack: list[tuple[int, str]] = []
    for mark in marks:
        level, name = named(mark.label)
        if level:
            while stack and stack[-1][0] >= level:
                stack.pop()
            stack.append((level, name))
            yield mark.start, level, name, " > ".join(name for _, name in stack if name)


def asks(words: str) -> bool:
    """Whether words end as a question does."""
    return len(words) <= LONGEST_QUESTION and _ASKS.search(words.strip()) is not None


def asked(path: str) -> str:
    """The question that the last part of a heading path is, or nothing."""
    last = path.rpartition(" > ")[2].strip()
    return last if asks(last) else ""


def named(label: str) -> tuple[int, str]:
    """The level and the name of the heading that a mark is; level 0 for one that is none."""
    match = _LEVEL.match(label)
    if match is not None:
        return len(match[1]), label[match.end() :]
    return _level_of(label), label


def term(words: str) -> str:
    """The label of an entry of a list of terms or options: it names what follows, and is no
    heading. "" for words that would be one.
    """
    label = " ".join(words.split())
    label = label if len(label) <= _LONGEST_TERM else f"{label[: _LONGEST_TERM - 1]}…"
    return "" if named(label)[0] else label


def path_at(document: Document, found: list[Heading], position: int) -> str:
    """The heading path at a position: the title, if it stands in the document, and the headings
    above.
    """
    index = bisect_right(found, position, key=lambda heading: heading.start) - 1
    path = found[index].path if index >= 0 else ""
    return below(document.title, path) if document.titled and document.title else path


def below(title: str, path: str) -> str:
    """A path of headings below the title of a document, which stands in it."""
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
