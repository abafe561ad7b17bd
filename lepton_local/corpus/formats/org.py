"""Org: the decoded file itself, with a mark at each headline."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.properties import properties
from lepton_local.corpus.formats.title import from_name, one_line
from lepton_local.types import Document, Mark, Source

_HEADLINE = re.compile(
    r"^(?P<stars>\*+)[ \t]+(?:(?:TODO|DONE|NEXT|WAITING|CANCELLED)[ \t]+)?(?:\[#\w\][ \t]*)?"
    r"(?P<words>.*)$",
    re.MULTILINE,
)
_KEYWORD = re.compile(r"^#\+(title|author|date):[ \t]*(\S.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_TAGS = re.compile(r":[\w@#%:]+:")
_LINK = re.compile(r"\[\[[^\]]*\]\[([^\]]*)\]\]|\[\[([^\]]*)\]\]")
_STAMP = re.compile(r"[<\[](\d{4}-\d\d-\d\d)[^>\]]*[>\]]")


def parse_org(source: Source, data: bytes) -> Iterator[Document]:
    """One exact document, with what `#+title:`, `#+author:` and `#+date:` say."""
    text = decode(data)
    fields: dict[str, str] = {}
    for name, value in _KEYWORD.findall(text):
        fields.setdefault(name.lower(), _STAMP.sub(r"\1", value))
    about = properties(
        _plain(fields.get("title", "")),
        authors=[fields.get("author", "")],
        dates=[fields.get("date", "")],
    )
    yield Document(
        source=source,
        text=text,
        title=about.title or from_name(source.path),
        titled=bool(about.title),
        marks=tuple(
            Mark(
                match.start(),
                f"{'#' * min(len(match['stars']), 6)} {one_line(_plain(match['words']))}".rstrip(),
            )
            for match in _HEADLINE.finditer(text)
        ),
        exact=True,
        metadata=about.metadata(),
    )


def _plain(markup: str) -> str:
    """A headline without its tags, and without the addresses of its links."""
    words = _LINK.sub(lambda match: match[1] or match[2], markup).split()
    return " ".join(words[:-1] if words and _TAGS.fullmatch(words[-1]) else words)
