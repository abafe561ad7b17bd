"""OLE compound files, in which Office 97 and Outlook keep their streams, and what they say of
themselves.

A sector of such a file names the one that follows it. Where some follow each other in a circle, a
reader that does not look out for it never comes to an end.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import olefile  # type: ignore[import-untyped]

from lepton_local.corpus.formats.properties import Properties, properties
from lepton_local.errors import SourceError


@contextmanager
def open_compound(data: bytes) -> Iterator[olefile.OleFileIO]:
    """The streams of a compound file. Raises SourceError, and nothing else, while it is read."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as opened:
            opened.loadminifat()
            if _circular(opened.fat) or _circular(opened.minifat):
                raise SourceError("malformed: its sectors follow each other in a circle")
            yield opened
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # a damaged file has all kinds of wrong numbers in it
        raise SourceError(f"malformed: {error}") from error


def about_compound(opened: olefile.OleFileIO) -> Properties:
    """Title, author and day of a document."""
    about = opened.get_metadata()
    page = codec_of_page(about.codepage)
    dates = (about.last_saved_time, about.create_time)
    return properties(
        _text(about.title, page),
        authors=_text(about.author, page).split(";"),
        dates=[date.isoformat() for date in dates if isinstance(date, datetime)],
    )


def codec_of_page(page: object) -> str:
    """The encoding of a code page of Windows, cp1252 of one that is not known; negative numbers are
    those above 32,767.
    """
    name = f"cp{page % 65536}" if isinstance(page, int) else ""
    try:
        return codecs.lookup(_PAGES.get(name, name)).name
    except LookupError:
        return "cp1252"


_PAGES = {
    "cp65001": "utf-8",
    "cp1200": "utf-16-le",
    "cp936": "gb18030",
    "cp54936": "gb18030",
    "cp950": "big5hkscs",
    "cp10000": "mac_roman",
    "cp20127": "cp1252",
    "cp20866": "koi8_r",
    "cp21866": "koi8_u",
    "cp50220": "iso2022_jp",
    "cp50221": "iso2022_jp",
    "cp50222": "iso2022_jp",
    "cp50225": "iso2022_kr",
    "cp51932": "euc_jp",
    "cp51949": "euc_kr",
    "cp52936": "hz",
    "cp1361": "johab",
    **{f"cp{28590 + part}": f"iso8859_{part}" for part in (*range(1, 10), 13, 15)},
}


def _circular(following: Sequence[int]) -> bool:
    """Whether one comes back to a place by going from each to the one that follows it."""
    walked = [-1] * len(following)  # the walk that a place was met on
    for start in range(len(following)):
        at = start
        while at < len(following) and walked[at] < 0:
            walked[at] = start
            at = following[at]
        if at < len(following) and walked[at] == start:
            return True
    return False


def _text(value: object, codec: str) -> str:
    text = value.decode(codec, "replace") if isinstance(value, bytes) else value or ""
    return str(text).replace("\0", "")
