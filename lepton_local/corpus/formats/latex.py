r"""LaTeX: the decoded file itself, with a mark at each section.

The text is exact, commands and all, so that a citation leads to the line that its writer edits, and
can be proved by the file. What that costs a search is little: commands are few beside the words,
and those that every page has weigh next to nothing in BM25. Headings and metadata are read without
their commands (`Schr\"odinger` is Schrödinger).
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.properties import properties
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.types import Document, Mark, Source

# What is escaped, a comment or verbatim is stepped over; then a command that matters.
_COMMAND = re.compile(
    r"\\[\\%]|%[^\n]*"
    r"|\\begin\{(?P<literal>verbatim|Verbatim|lstlisting|minted|comment)\*?\}"
    r".*?(?:\\end\{(?P=literal)\*?\}|\Z)"
    r"|\\(?P<name>part|chapter|(?:sub){0,2}section|title|author|date)\*?\s*"
    r"(?:\[[^\]\n]*\]\s*)?\{",
    re.DOTALL,
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_HEADING, _FIELD = 200, 4000  # characters in braces, at most
_DEPTHS = {"part": 1, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5}
_ACCENTS = dict(
    zip("`'^\"~=.uvHcdbrk", map(chr, [
        0x300, 0x301, 0x302, 0x308, 0x303, 0x304, 0x307, 0x306, 0x30C, 0x30B, 0x327, 0x323, 0x331,
        0x30A, 0x328,
    ]), strict=True)
)  # fmt: skip
_ACCENTED = re.compile(
    r"\\([`'^\"~=.])\s*\{?\\?([A-Za-z])\}?|\\([uvHcdbrk])(?:\s+|\s*\{)\\?([A-Za-z])\}?"
)
_LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "aa": "å", "AA": "Å",
            "l": "ł", "L": "Ł", "LaTeX": "LaTeX", "TeX": "TeX", "and": ", "}  # fmt: skip
_AND = re.compile(r" ?, ")  # what `\\and` becomes
_APART = re.compile(r"\\(?:thanks|footnote|footnotemark|label|inst|email|orcid)\b(?:\{[^{}]*\})?")
_WORDS = re.compile(r"\\([A-Za-z]+)\*?\s*(?:\[[^\]]*\])?")
_BREAK = re.compile(r"\\\\(?:\[[^\]]*\])?|(?<!\\)~|\\[ ,;:!]")


def parse_latex(source: Source, data: bytes) -> Iterator[Document]:
    r"""One exact document, with what `\title`, `\author` and `\date` say."""
    text = decode(data)
    fields: dict[str, str] = {}
    found: list[tuple[int, str, str]] = []
    for match in _COMMAND.finditer(text):
        name = match["name"]
        if name in _DEPTHS:
            found.append((match.start(), name, _plain(_group(text, match.end(), _HEADING))))
        elif name is not None and name not in fields:
            fields[name] = _plain(_group(text, match.end(), _FIELD))
    about = properties(
        fields.get("title", ""),
        authors=_AND.split(fields.get("author", "")),
        dates=[fields.get("date", "")],
    )
    # The document's title is level 1; a book has chapters below it, an article sections.
    top = 0 if any(name in ("part", "chapter") for _, name, _ in found) else 1
    yield Document(
        source=source,
        text=text,
        title=about.title or from_name(source.path),
        titled=bool(about.title),
        marks=tuple(
            Mark(start, f"{'#' * (_DEPTHS[name] - top)} {one_line(heading)}".rstrip())
            for start, name, heading in found
        ),
        exact=True,
        metadata=about.metadata(),
    )


def _group(text: str, start: int, longest: int) -> str:
    """What stands between the brace before `start` and the one that closes it; where none does, the
    rest of the line.
    """
    depth = 1
    for match in _BRACE.finditer(text, start, start + longest):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if not depth:
            return text[start : match.start()]
    return text[start : start + longest].partition("\n")[0]


def _plain(markup: str) -> str:
    """A line of LaTeX as it is printed."""
    words = _BREAK.sub(" ", _APART.sub("", markup))
    words = _ACCENTED.sub(_accented, words)
    words = _WORDS.sub(lambda match: _LETTERS.get(match[1], ""), words)
    words = re.sub(r"\\(.)|[{}$]", r"\1", words)
    return " ".join(words.replace("---", "—").replace("--", "–").split())


def _accented(match: re.Match[str]) -> str:
    accent, letter = match[1] or match[3], match[2] or match[4]
    return unicodedata.normalize("NFC", letter + _ACCENTS[accent])
