"""Plain text: the decoded file itself, without marks."""

from __future__ import annotations

from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.title import from_name
from lepton_local.types import Document, Source


def parse_text(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, titled after the file's name."""
    yield Document(source=source, text=decode(data), title=from_name(source.path), exact=True)
