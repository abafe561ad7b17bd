"""JSON, YAML, TOML, INI and XML: the decoded file itself, with a mark at each key, section or
element of its top level.

Patterns, no parsers: nothing in the file is expanded or looked up, a damaged file keeps the marks
it has, and one of many megabytes on a single line costs one pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.feed import is_feed, parse_feed
from lepton_local.corpus.formats.title import one_line
from lepton_local.types import Document, Mark, Source

_JSON = re.compile(
    r'"(?P<string>(?:[^"\\]++|\\.)*+)(?:"|\Z)(?P<key>\s*:)?|(?P<bracket>[{}\[\]])', re.S
)
_XML = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*)(?:[^<>\"']++|\"[^\"]*\"|'[^']*')*+>",
    re.S,
)
_YAML = re.compile(
    r"^(?P<key>[^\s#\-%&*!|>'\"?\[\]{}][^:#\n]*?|\"[^\"\n]+\"|'[^'\n]+'):(?=\s)", re.M
)
_SECTION = re.compile(r"^[ \t]*\[{1,2}(?P<key>[^\[\]\n]+)\]{1,2}[ \t]*(?:[#;].*)?$", re.M)


def parse_data(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, titled after the file's whole name; of a feed a document an item."""
    if is_feed(data):
        yield from parse_feed(source, data)
        return
    text = decode(data)
    path = PurePosixPath(source.path)
    marks = tuple(_MARKS[path.suffix.lower()](text))
    yield Document(source=source, text=text, title=path.name, marks=marks, exact=True)


def _json(text: str) -> Iterator[Mark]:
    depth = 0
    for match in _JSON.finditer(text):
        if match["bracket"] is not None:
            depth += 1 if match["bracket"] in "{[" else -1
        elif depth == 1 and match["key"] is not None:
            yield _mark("key", match.start(), match["string"])


def _xml(text: str) -> Iterator[Mark]:
    depth = 0
    for match in _XML.finditer(text):
        if match["name"] is None:
            continue
        if match["end"]:
            depth -= 1
            continue
        if depth == 1:
            yield _mark("element", match.start(), match["name"])
        depth += not match.group().endswith("/>")


def _yaml(text: str) -> Iterator[Mark]:
    for match in _YAML.finditer(text):
        yield _mark("key", match.start(), match["key"].strip("\"'"))


def _sections(text: str) -> Iterator[Mark]:
    for match in _SECTION.finditer(text):
        yield _mark("section", match.start(), match["key"])


def _mark(kind: str, start: int, name: str) -> Mark:
    return Mark(start, f"{kind} {one_line(name)}".rstrip())


_MARKS: dict[str, Callable[[str], Iterator[Mark]]] = {
    ".json": _json,
    **dict.fromkeys((".xml", ".rss", ".atom"), _xml),
    **dict.fromkeys((".yaml", ".yml"), _yaml),
    **dict.fromkeys((".toml", ".ini", ".cfg", ".conf"), _sections),
}
