"""Which parser reads which file, and the one door through which all parsers are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from lepton_local.corpus.formats.code import SUFFIXES, parse_code
from lepton_local.corpus.formats.docx import parse_docx
from lepton_local.corpus.formats.html import parse_html
from lepton_local.corpus.formats.markdown import parse_markdown
from lepton_local.corpus.formats.pdf import parse_pdf
from lepton_local.corpus.formats.rst import parse_rst
from lepton_local.corpus.formats.table import parse_csv, parse_jsonl
from lepton_local.corpus.formats.text import parse_text
from lepton_local.corpus.language import identify
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

Parser = Callable[[Source, bytes], Iterator[Document]]

PARSERS: dict[str, Parser] = {
    **dict.fromkeys((".txt", ".text", ".log", ".asc", ".tex", ".org", ".adoc"), parse_text),
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd"), parse_markdown),
    **dict.fromkeys((".rst", ".rest"), parse_rst),
    **dict.fromkeys((".html", ".htm", ".xhtml"), parse_html),
    ".pdf": parse_pdf,
    ".docx": parse_docx,
    **dict.fromkeys((".jsonl", ".ndjson"), parse_jsonl),
    **dict.fromkeys((".csv", ".tsv"), parse_csv),
    **dict.fromkeys(SUFFIXES, parse_code),
}
# Files that by custom have no suffix.
_NAMES = frozenset(
    "authors changelog changes contributing contributors copying copyright faq history "
    "dockerfile install licence license maintainers makefile manifest news notice readme thanks "
    "todo".split()
)
_SAMPLE = 2000  # characters that tell a document's language


def knows(path: str) -> bool:
    """Whether files of this name are of a known format."""
    name = PurePosixPath(path).name.lower()
    return name in _NAMES or PurePosixPath(name).suffix in PARSERS


def parse(source: Source, data: bytes) -> Iterator[Document]:
    """The documents of a source; a file of an unknown format is read as plain text.

    Raises SourceError, and nothing else, for a file that cannot be indexed.
    """
    if not data.strip():
        raise SourceError("empty")
    parser = PARSERS.get(PurePosixPath(source.path).suffix.lower(), parse_text)
    filled = False
    try:
        for document in parser(source, data):
            if document.text.strip("\ufeff \t\r\n\f"):
                filled = True
                yield replace(document, language=identify(document.text[:_SAMPLE]))
    except SourceError:
        raise
    except Exception as error:  # a parsing library may raise anything on a file made to break it
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        raise SourceError(f"malformed: {detail}") from error
    if not filled:
        raise SourceError("no text in it")
