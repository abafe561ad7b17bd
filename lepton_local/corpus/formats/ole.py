"""Workbooks of Excel 97 in their container, an OLE compound file: what they say of themselves, and
whether they can be read.

A sector of such a file names the one that follows it. Where some follow each other in a circle, a
reader that does not look out for it never comes to an end.
"""

from __future__ import annotations

import codecs
import io
import struct
from collections.abc import Sequence
from datetime import datetime

import olefile  # type: ignore[import-untyped]

from lepton_local.corpus.formats.properties import Properties, properties
from lepton_local.corpus.formats.unzip import ENCRYPTED
from lepton_local.errors import SourceError

_FILEPASS, _EOF = 0x2F, 0x0A


def ole_properties(data: bytes) -> Properties:
    """Title, author and day of a workbook. Raises SourceError if it is damaged or encrypted."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as opened:
            opened.loadminifat()
            if _circular(opened.fat) or _circular(opened.minifat):
                raise SourceError("malformed: its sectors follow each other in a circle")
            names = [name for name in ("Workbook", "Book") if opened.exists(name)]
            if names and _locked(opened.openstream(names[0]).read()):
                raise SourceError("encrypted: save this workbook without a password")
            about = opened.get_metadata()
    except SourceError:
        raise
    except Exception as error:  # a damaged file has all kinds of wrong numbers in it
        raise SourceError(f"malformed: {error}") from error
    page = _codec(about.codepage)
    dates = (about.last_saved_time, about.create_time)
    return properties(
        _text(about.title, page),
        authors=_text(about.author, page).split(";"),
        dates=[date.isoformat() for date in dates if isinstance(date, datetime)],
    )


def is_locked(data: bytes) -> bool:
    """Whether a workbook is encrypted, of whatever kind. False for a damaged one."""
    if ENCRYPTED in data:
        return True
    try:
        return _locked(workbook_stream(data))
    except Exception:  # `ole_properties` says what is wrong with it
        return False


def workbook_stream(data: bytes) -> bytes:
    """The records of a workbook whose container is whole: `ole_properties` has seen to it."""
    with olefile.OleFileIO(io.BytesIO(data)) as opened:
        for name in ("Workbook", "Book"):
            if opened.exists(name):
                return bytes(opened.openstream(name).read())
    return b""


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


def _locked(stream: bytes) -> bool:
    """Whether a workbook's own records, which come first, say how it is encrypted: [MS-XLS] 2.4."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind in (_FILEPASS, _EOF):
            return bool(kind == _FILEPASS)
        at += 4 + size
    return False


def _codec(page: object) -> str:
    """The encoding of the properties; negative numbers are those above 32,767."""
    name = f"cp{page % 65536}" if isinstance(page, int) else ""
    try:
        return codecs.lookup({"cp65001": "utf-8"}.get(name, name)).name
    except LookupError:
        return "cp1252"


def _text(value: object, codec: str) -> str:
    text = value.decode(codec, "replace") if isinstance(value, bytes) else value or ""
    return str(text).replace("\0", "")
