"""Source code: the decoded file itself, with a mark at each named piece.

A mark in the wrong place costs a label and a cut, no text, and a file that does not compile is
still worth finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats import syntax
from lepton_local.types import Document, Mark, Source

_PYTHON = re.compile(
    r"^(?:[ \t]*@[^\n]*\n)*(?P<indent>[ \t]*)(?:async[ \t]+)?"  # with its decorators
    r"(?P<kind>def|class)[ \t]+(?P<name>\w+)",
    re.MULTILINE,
)
_RUBY = re.compile(
    r"^(?P<indent>[ \t]*)(?P<kind>def|class|module)[ \t]+(?P<name>[\w.:]+[?!]?)", re.MULTILINE
)
_SCRIPT = re.compile(
    r"^(?P<indent>[ \t]*)"
    r"(?:(?:export|default|declare|async|abstract|public|private|protected|static|final)[ \t]+)*"
    r"(?P<kind>function|class|interface|enum|trait)\b[ \t]*\*?[ \t]*(?P<name>[\w$]+)",
    re.MULTILINE,
)
_RUST = re.compile(
    r"^(?P<indent>[ \t]*)(?:pub(?:\([^)]*\))?[ \t]+)?"
    r"(?:(?:async|unsafe|const|extern(?:[ \t]+\"\w+\")?)[ \t]+)*"
    r"(?P<kind>fn|struct|enum|trait|impl|mod)\b(?:<[^>\n]*>)?[ \t]+(?P<name>[\w:]+)",
    re.MULTILINE,
)
_GO = re.compile(
    r"^(?P<indent>)(?P<kind>func|type)[ \t]+(?:\([^)\n]*\)[ \t]*)?(?P<name>\w+)", re.MULTILINE
)
_C = re.compile(
    r"^(?P<indent>)(?:(?P<kind>class|struct|enum|union|namespace)[ \t]+(?P<name>\w+)[^;\n]*$"
    r"|(?!(?:else|return|typedef|using|if|for|while|switch)\b)[A-Za-z_][\w \t*&:<>,~]*?[ \t*&]"
    r"(?P<called>[\w:~]+)[ \t]*\([^;\n]*$)",
    re.MULTILINE,
)
_SHELL = re.compile(
    r"^(?P<indent>)(?:(?P<kind>function)[ \t]+)?(?P<name>[\w-]+)[ \t]*\(\)", re.MULTILINE
)
_SQL = re.compile(
    r"^(?P<indent>[ \t]*)create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:temp(?:orary)?[ \t]+)?"
    r"(?P<kind>table|view|function|procedure|trigger)[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?"
    r"(?P<name>[\w.\"`]+)",
    re.MULTILINE | re.IGNORECASE,
)
_PATTERNS = {
    **dict.fromkeys(".py .pyi".split(), _PYTHON),
    **dict.fromkeys(
        ".js .mjs .cjs .jsx .ts .tsx .java .kt .php .cs .scala .swift".split(), _SCRIPT
    ),
    **dict.fromkeys(".c .h .cc .cpp .cxx .hh .hpp".split(), _C),
    **dict.fromkeys(".sh .bash".split(), _SHELL),
    ".rb": _RUBY,
    ".rs": _RUST,
    ".go": _GO,
    ".sql": _SQL,
}
# A line right above a piece that belongs to it: a comment, an annotation, an attribute.
_ABOVE = re.compile(r"[ \t]*(?://|/\*|\*|--|@|#[ \[!]|#$|\[[A-Z])")
_WORD = re.compile(r"\b(?!end\b)\w")
_OUTSIDE = "module level"  # the mark of what follows a piece and is in no other


def parse_code(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, titled after the file's whole name.

    Its pieces are found by a grammar where the extra `code` is installed, else by a pattern.
    """
    text = decode(data)
    path = PurePosixPath(source.path)
    suffix = path.suffix.lower()
    pieces = syntax.pieces(suffix, text)
    if pieces is not None:
        found = _nested(text, pieces)
    else:
        found = _indented(text, _PATTERNS[suffix]) if suffix in _PATTERNS else iter(())
    # Sorted: in damaged code, a comment of one piece may lie within another.
    marks = tuple(sorted(found, key=lambda mark: mark.start))
    yield Document(source=source, text=text, title=path.name, marks=marks, exact=True)


def _nested(text: str, pieces: list[syntax.Piece]) -> Iterator[Mark]:
    """Marks like "class Engine" and "def Engine.run", and again where a piece goes on after one
    inside it.
    """
    outer = [(len(text), "", _OUTSIDE)]  # end, name and label of the pieces that are open
    for start, end, kind, name in [*pieces, (len(text), len(text), "", "")]:
        begin = _with_comments(text, start)
        while len(outer) > 1 and outer[-1][0] <= start:
            left = outer.pop()[0]
            word = _WORD.search(text, left, max(left, min(begin, outer[-1][0])))
            if word is not None:
                yield Mark(word.start(), outer[-1][2])
        if name:
            whole = f"{outer[-1][1]}.{name}".lstrip(".")
            outer.append((end, whole, f"{kind} {whole}"))
            yield Mark(begin, outer[-1][2])


def _indented(text: str, pattern: re.Pattern[str]) -> Iterator[Mark]:
    """The same marks by a pattern: a piece that is indented under another carries its name."""
    outer: list[tuple[int, str]] = []
    for match in pattern.finditer(text):
        groups = match.groupdict()
        name = groups["name"] or groups["called"]
        depth = len(groups["indent"].expandtabs(4))
        while outer and outer[-1][0] >= depth:
            outer.pop()
        whole = f"{outer[-1][1]}.{name}" if outer else name
        outer.append((depth, whole))
        kind = (groups["kind"] or "function").lower()
        yield Mark(_with_comments(text, match.start()), f"{kind} {whole}")


def _with_comments(text: str, start: int) -> int:
    """Where the line of `start` begins, or the comments right above it."""
    begin = text.rfind("\n", 0, start) + 1
    if text[begin:start].strip():
        return start  # not the first thing on its line
    while begin:
        above = text.rfind("\n", 0, begin - 1) + 1
        if not _ABOVE.match(text, above, begin - 1):
            break
        begin = above
    return begin
