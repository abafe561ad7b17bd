"""Markdown: the decoded file itself, with a mark at each heading (CommonMark's two kinds)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lepton_local.corpus.dates import dated
from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.title import from_name, one_line, plain
from lepton_local.types import Document, Mark, Source

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*\Z")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATTRIBUTES = re.compile(r"\{[#.:][^}]*\}\Z")  # "{#install}" after a heading
_NOT_PARAGRAPH = re.compile(r" {4}|\t| {0,3}(?:[-*+>|#<]|\d{1,9}[.)][ \t])")
_FRONT = re.compile(r"\ufeff?---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z][\w-]*)[ \t]*:[ \t]*(\S.*?)[ \t]*\Z")


def parse_markdown(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document. Its title: the front matter's, the first level-1 heading, or the heading
    that it opens with.
    """
    text = decode(data)
    fields, start = _front_matter(text)
    marks = tuple(markdown_headings(text, start))
    title = fields.pop("title", "") or _title(text, start, marks)
    yield Document(
        source=source,
        text=text,
        title=one_line(title) or from_name(source.path),
        titled=bool(title),
        marks=marks,
        begin=start if text[start:].strip() else 0,
        exact=True,
        metadata=dated(fields),
    )


def _front_matter(text: str) -> tuple[dict[str, str], int]:
    """The `name: value` lines between `---` lines at the very start, and where the text after them
    begins.
    """
    match = _FRONT.match(text)
    if match is None:
        return {}, 1 if text.startswith("\ufeff") else 0
    fields = {}
    for line in match[1].split("\n"):
        entry = _FIELD.match(line)
        if entry is not None:
            fields[entry[1].lower()] = entry[2].strip("\"'")
    return fields, match.end()


def markdown_headings(text: str, start: int = 0) -> Iterator[Mark]:
    """A mark like "## Install" at each heading of `text[start:]`."""
    fence = ""  # the fence that the lines stand in
    above, above_at = "", start  # the line before, if it may be a heading with a rule below
    blank = True  # whether the line before that was empty
    at = start
    for line in text[start:].split("\n"):
        opening = _FENCE.match(line)
        if fence:
            if (
                opening is not None
                and line.strip().startswith(fence)
                and not line.strip().strip(fence[0])
            ):
                fence = ""
            above = ""
        elif opening is not None:
            fence, above = opening[1], ""
        elif (atx := _ATX.match(line)) is not None:
            yield Mark(at, _label(len(atx[1]), atx[2] or ""))
            above, blank = "", True
        elif above and (rule := _SETEXT.match(line)) is not None:
            yield Mark(above_at, _label(1 if rule[1][0] == "=" else 2, above))
            above, blank = "", True
        else:
            # A paragraph of one line: longer ones with a rule below are rarer than rules that are
            # no headings.
            above = line if blank and line.strip() and not _NOT_PARAGRAPH.match(line) else ""
            above_at = at
            blank = not line.strip()
        at += len(line) + 1


def _label(level: int, markup: str) -> str:
    return f"{'#' * level} {one_line(plain(_ATTRIBUTES.sub('', markup.strip())))}".rstrip()


def _title(text: str, start: int, marks: tuple[Mark, ...]) -> str:
    for mark in marks:
        if mark.label.startswith("# "):
            return mark.label[2:]
    if marks and not text[start : marks[0].start].strip():
        return marks[0].label.lstrip("#").strip()
    return ""
