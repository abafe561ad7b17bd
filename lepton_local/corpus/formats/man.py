"""Manual pages: what `man` would print, filled to paragraphs, with marks at the section headings.

Pages in man(7) macros are written here, those in mdoc(7) by `mdoc`; `roff` reads both.
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
from collections.abc import Iterator

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.decode import decode
from lepton_local.corpus.formats.compressed import beginning
from lepton_local.corpus.formats.manual import FORMATS, Manual
from lepton_local.corpus.formats.mdoc import Mdoc
from lepton_local.corpus.formats.roff import NOTHING, events
from lepton_local.corpus.formats.text import parse_text
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_ROFF = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[.'][ \t]*[A-Za-z]{2}|[.']?[ \t]*\\[\"#])")
_HEAD = 4096  # bytes that tell
_FONTS = frozenset("B I R SM SB".split())
_ALTERNATING = frozenset("BR RB BI IB IR RI".split())
_BULLETS = frozenset("•·*-–—o+")
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{4} \w+ \d{1,2}|\d{1,2} \w+ \d{4}|\w+ \d{1,2}, \d{4}|\w+ \d{4}"
)


def is_manual(path: str) -> bool:
    """Whether a file, compressed or not, begins like a manual page: with a macro or a comment of
    roff. One that cannot be opened counts as such: reading it gives the reason.
    """
    try:
        return path.lower().endswith(".man") or _is_roff(beginning(path, _HEAD))
    except (OSError, SourceError):
        return True


def _is_roff(data: bytes) -> bool:
    return _ROFF.match(data[:_HEAD]) is not None


def parse_man(source: Source, data: bytes) -> Iterator[Document]:
    """One document, titled like "ls(1)". What is no manual page (`syslog.1`) is plain text."""
    if not _is_roff(data):
        yield from parse_text(source, data)
        return
    page = Manual()
    man, mdoc = _Man(page), Mdoc(page)
    for name, arguments in events(decode(data)):
        if name in ("Dd", "Dt"):
            mdoc.begun = True
        (mdoc.take if mdoc.begun else man.take)(name, arguments)
    text = page.text()
    if not text.strip():
        raise SourceError("no text in this manual page: it may only point to another one")
    title, day = page.title, iso_date(page.day)
    yield Document(
        source=source,
        text=text,
        title=title or source.path.rpartition("/")[2],
        titled=bool(title),
        marks=page.marks(),
        metadata={"date": day} if day else {},
    )


class _Man:
    """man(7): https://man7.org/linux/man-pages/man7/man.7.html"""

    def __init__(self, page: Manual) -> None:
        self._page = page
        self._awaits = ""  # TP, SH, SS: what the next line of text is
        self._address = ""  # of the link being written

    def take(self, name: str, arguments: list[str]) -> None:
        """Write one line of the page."""
        page = self._page
        arguments = [argument.replace(NOTHING, "") for argument in arguments]
        if name == "":
            self._text(arguments[0])
        elif name in _FONTS:
            self._words(" ".join(arguments))
        elif name in _ALTERNATING:
            self._words("".join(arguments))
        elif name == "TH":
            page.name_after(*arguments[:2])
            page.day = next((part for part in arguments[2:] if _DATE.fullmatch(part)), "")
        elif name in ("SH", "SS"):
            self._awaits = name
            if arguments:
                self._text(" ".join(arguments))
        elif name in ("PP", "P", "LP", "HP", "sp", "Sp"):
            page.paragraph(flush=name not in ("sp", "Sp"))
        elif name in ("TP", "TQ"):
            self._awaits = name
        elif name == "IP":
            self._item(arguments[0] if arguments else "")
        elif name in ("RS", "RE"):
            page.shift(1 if name == "RS" else -1)
        elif name in ("nf", "EX", "Vb"):
            page.literal(True)
        elif name in ("fi", "EE", "Ve"):
            page.literal(False)
        elif name in ("br", "ti", "SY"):
            page.line()
            self._words(" ".join(arguments) if name == "SY" else "")
        elif name == "OP":
            self._words(f"[{' '.join(arguments)}]")
        elif name in ("UR", "MT"):
            self._address = arguments[0] if arguments else ""
        elif name in ("UE", "ME"):
            after = arguments[0] if arguments else ""
            self._words(f"<{self._address}>{after}" if self._address else after)
        elif name in ("TS", "TE"):
            page.table(name == "TS")
        elif name == "T&":
            page.words(FORMATS)

    def _text(self, line: str) -> None:
        if self._awaits in ("SH", "SS") and line.strip():
            self._page.heading(2 if self._awaits == "SH" else 3, line)
            self._awaits = ""
        elif self._awaits in ("TP", "TQ") and line.strip():
            self._page.tag(line, more=self._awaits == "TQ")
            self._awaits = ""
        elif not self._awaits:
            self._page.words(line)

    def _words(self, text: str) -> None:
        if text:
            self._text(text)

    def _item(self, tag: str) -> None:
        if tag in _BULLETS or re.fullmatch(r"\(?\w{1,3}[.)]", tag):
            self._page.bullet(tag)
        elif tag:
            self._page.tag(tag)
        else:
            self._page.paragraph(flush=False)
