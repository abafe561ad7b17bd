"""reStructuredText: the decoded file itself, with a mark at each section title."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.types import Document, Mark, Source

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+[ \t]*\Z")
_ROLE = re.compile(
    r":[\w:.+-]+:`([^`]*?)(?:\s*<[^<>`]*>)?`|`([^`]*?)(?:\s*<[^<>`]*>)?`_{0,2}|(\*\*|\*|``)(.+?)\3"
)


def parse_rst(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, titled after its first section title if nothing but comments stands
    before it.
    """
    text = decode(data)
    marks = tuple(_sections(text))
    title = marks[0].label.lstrip("#").strip() if marks and marks[0].label.startswith("# ") else ""
    yield Document(
        source=source,
        text=text,
        title=title or from_name(source.path),
        titled=bool(title),
        marks=marks,
        exact=True,
    )


def _sections(text: str) -> Iterator[Mark]:
    """Marks of the section titles. The first style of adornment met is level 1, the next new one
    level 2, and so on.

    https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#sections
    """
    lines = text.removeprefix("\ufeff").split("\n")
    at = len(text) - len(text.removeprefix("\ufeff"))
    styles: list[tuple[str, bool]] = []
    starts = []
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    row = 0
    while row < len(lines) - 1:
        over = _is_title(lines, row + 1) and _same_rules(lines, row)
        name = row + 1 if over else row
        if over or (_is_title(lines, row) and (row == 0 or not lines[row - 1].strip())):
            style = (lines[name + 1][0], over)
            if style not in styles:
                styles.append(style)
            level = min(styles.index(style) + 1, 6)
            yield Mark(starts[row], f"{'#' * level} {one_line(_plain(lines[name]))}")
            row = name + 2
        else:
            row += 1


def _is_title(lines: list[str], row: int) -> bool:
    """Whether this line has a rule below that is long enough to make it a title."""
    if row + 1 >= len(lines):
        return False
    title, rule = lines[row].rstrip(), lines[row + 1].rstrip()
    if not title or not _ADORNMENT.match(rule) or _ADORNMENT.match(title):
        return False
    return (
        len(rule) >= min(_width(title), 4)
        if title.lstrip() == title
        else len(rule) >= _width(title)
    )


def _same_rules(lines: list[str], row: int) -> bool:
    """Whether the line `row` is the rule above a title: like the one below it."""
    rule = lines[row].rstrip()
    return _ADORNMENT.match(rule) is not None and rule == lines[row + 2].rstrip()


def _width(title: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in title)


def _plain(markup: str) -> str:
    return _ROLE.sub(lambda match: match[1] or match[2] or match[4] or "", markup).strip()
