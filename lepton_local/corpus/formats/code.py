"""Source code and configuration: the decoded file itself, with a mark at each named piece that a
pattern finds.

Patterns, no parsers: a mark in the wrong place costs a label, and a file that does not compile is
still worth finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from lepton_local.corpus.decode import decode
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
_UNMARKED = (
    ".css .scss .lua .pl .pm .r .jl .m .vim .el .hs .ml .ex .erl .clj .toml .yaml .yml .json .ini "
    ".cfg .conf .xml .proto .tf .cmake .mk .gradle .bat .ps1"
)
SUFFIXES = (*_PATTERNS, *_UNMARKED.split())


def parse_code(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, titled after the file's whole name."""
    text = decode(data)
    path = PurePosixPath(source.path)
    pattern = _PATTERNS.get(path.suffix.lower())
    marks = tuple(_marks(text, pattern)) if pattern is not None else ()
    yield Document(source=source, text=text, title=path.name, marks=marks, exact=True)


def _marks(text: str, pattern: re.Pattern[str]) -> Iterator[Mark]:
    """Marks like "class Engine" and "def Engine.run": a piece that is indented under another
    carries its name.
    """
    outer: list[tuple[int, str]] = []
    for match in pattern.finditer(text):
        groups = match.groupdict()
        name = groups["name"] or groups["called"]
        depth = len(groups["indent"].expandtabs(4))
        while outer and outer[-1][0] >= depth:
            outer.pop()
        whole = f"{outer[-1][1]}.{name}" if outer else name
        outer.append((depth, whole))
        yield Mark(match.start(), f"{(groups['kind'] or 'function').lower()} {whole}")
