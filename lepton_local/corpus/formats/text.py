"""Plain text: the decoded file itself, with a mark at each underlined or numbered heading."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.types import Document, Mark, Source

_ABOVE = r"(?:\A\ufeff?|^[ \t]*\n)"  # nothing, or an empty line
_UNDERLINED = re.compile(
    rf"{_ABOVE}(?P<title>[^\W_][^\n]*)\n(?P<rule>([=\-~*^#+\"])\3{{2,}})[ \t]*$", re.MULTILINE
)
# A line or two, at the margin, after a number: "1.2. Pipes", "A.1 Pipes", "Chapter 1. Pipes".
_NUMBERED = re.compile(
    rf"{_ABOVE}(?P<title>(?P<number>\d{{1,2}}(?:\.\d{{1,2}}){{0,4}}|[A-Z](?:\.\d{{1,2}}){{1,4}}|"
    r"(?:Chapter|Appendix|Part)[^\S\n]+(?:\d{1,2}|[A-Z]))[.:]?[^\S\n]{1,3}"
    r"[^\W\d_][^\n]*(?:\n\S[^\n]*)?)(?=\n\s*\n)",
    re.MULTILINE,
)
_SLACK = 1  # characters by which a rule may miss the length of its title
_LONGEST = 120  # characters of a numbered heading
_SURE = 3  # subsections: numbered headings then, not items of a list


def parse_text(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, titled after the file's name."""
    text = decode(data)
    marks = tuple(_underlined(text)) or tuple(_numbered(text))
    yield Document(source=source, text=text, title=from_name(source.path), marks=marks, exact=True)


def _underlined(text: str) -> Iterator[Mark]:
    """The sign below the first title is that of level 1, the next new one of level 2, and so on."""
    signs: list[str] = []
    for match in _UNDERLINED.finditer(text):
        title, rule = match["title"].rstrip(), match["rule"]
        if abs(len(rule) - len(title)) <= _SLACK:
            if rule[0] not in signs:
                signs.append(rule[0])
            yield _mark(match, signs.index(rule[0]) + 1)


def _numbered(text: str) -> Iterator[Mark]:
    """A chapter is of level 2, as in other formats: the title of the whole is of level 1."""
    found = [
        match
        for match in _NUMBERED.finditer(text)
        if len(match["title"]) <= _LONGEST and match["title"].rstrip()[-1] not in ".,;:"
    ]
    if sum("." in match["number"] for match in found) >= _SURE:
        for match in found:
            yield _mark(match, match["number"].count(".") + 2)


def _mark(match: re.Match[str], level: int) -> Mark:
    return Mark(match.start("title"), f"{'#' * min(level, 6)} {one_line(match['title'])}")
