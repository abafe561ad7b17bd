"""AsciiDoc: the decoded file itself, with a mark at each section title, in either of its two forms.

https://docs.asciidoctor.org/asciidoc/latest/sections/titles-and-levels/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.properties import Properties, properties
from lepton_local.corpus.formats.title import from_name, one_line, plain
from lepton_local.types import Document, Mark, Source

_TITLE = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*?)(?:[ \t]+\1)?[ \t]*\Z")
_RULE = re.compile(r"(=+|-+|~+|\^+|\++)[ \t]*\Z")
_RULES = "=-~^+"  # below titles of level 1 to 5
_SLACK = 1  # characters by which such a rule may miss the length of its title
_LITERAL = re.compile(
    r"(-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,})[ \t]*(?:\w*)\Z"
)  # around what is no prose
_ATTRIBUTE = re.compile(r":(author|revdate|date):[ \t]+(\S.*?)[ \t]*\Z")
_AUTHOR = re.compile(r"(?P<name>[^\W\d_][\w.'-]*(?:[ \t]+[\w.'-]+){0,2})[ \t]*(?:<[^>]*>)?")
_REVISION = re.compile(r"(?:v?\d[\w.]*,[ \t]*)?(?P<date>[^:]*\d[^:]*)")


def parse_asciidoc(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document. A title of level 1 is its title, and the lines below say who wrote it
    and when.
    """
    text = decode(data)
    marks = tuple(_sections(text))
    title = next((mark.label[2:] for mark in marks if mark.label.startswith("# ")), "")
    yield Document(
        source=source,
        text=text,
        title=title or from_name(source.path),
        titled=bool(title),
        marks=marks,
        exact=True,
        metadata=_header(text).metadata(),
    )


def _sections(text: str) -> Iterator[Mark]:
    at = len(text) - len(text.removeprefix("\ufeff"))
    literal = ""  # the delimiter that closes the block
    above, above_at = "", at  # the line before, if it may be a title with a rule below
    blank = True  # whether the line before that was empty
    for line in text[at:].split("\n"):
        bare = line.rstrip()
        title = _TITLE.match(line)
        if literal:
            literal = "" if bare == literal else literal
            above = ""
        elif above and _underlines(bare, above):
            yield Mark(above_at, _label(_RULES.index(bare[0]) + 1, above))
            above, blank = "", False
        elif (opened := _LITERAL.match(bare)) is not None:
            literal, above = opened[1], ""
        elif title is not None:
            yield Mark(at, _label(len(title[1]), title[2]))
            above, blank = "", True
        else:
            above = bare if blank and bare and bare[0].isalnum() else ""
            above_at, blank = at, not bare or bare.startswith(("[", "//", ":"))
        at += len(line) + 1


def _underlines(rule: str, title: str) -> bool:
    return bool(_RULE.match(rule)) and len(rule) > 2 and abs(len(rule) - len(title)) <= _SLACK


def _label(level: int, markup: str) -> str:
    return f"{'#' * level} {one_line(plain(markup))}"


def _header(text: str) -> Properties:
    """Author and date: attributes of the document's header, or the two lines below its title."""
    head = text.removeprefix("\ufeff").lstrip("\n").partition("\n\n")[0].split("\n")
    fields = {match[1]: match[2] for line in head if (match := _ATTRIBUTE.match(line))}
    author = _AUTHOR.fullmatch(head[1]) if head[0].startswith("= ") and len(head) > 1 else None
    revision = _REVISION.match(head[2]) if author is not None and len(head) > 2 else None
    return properties(
        authors=[fields.get("author") or (author["name"] if author is not None else "")],
        dates=[
            fields.get("revdate", ""),
            fields.get("date", ""),
            revision["date"] if revision is not None else "",
        ],
    )
