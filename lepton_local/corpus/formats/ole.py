"""Workbooks of Excel 97 in their container: what they say of themselves, and whether they can be
read.
"""

from __future__ import annotations

import struct

import olefile  # type: ignore[import-untyped]

from lepton_local.corpus.formats.compound import about_compound, open_compound
from lepton_local.corpus.formats.properties import Properties
from lepton_local.corpus.formats.unzip import ENCRYPTED
from lepton_local.errors import SourceError

_FILEPASS, _EOF = 0x2F, 0x0A


def ole_properties(data: bytes) -> Properties:
    """Title, author and day of a workbook. Raises SourceError if it is damaged or encrypted."""
    with open_compound(data) as opened:
        if _locked(_records(opened)):
            raise SourceError("encrypted: save this workbook without a password")
        return about_compound(opened)


def is_locked(data: bytes) -> bool:
    """Whether a workbook is encrypted, of whatever kind. False for a damaged one."""
    if ENCRYPTED in data:
        return True
    try:
        return _locked(workbook_stream(data))
    except SourceError:  # `ole_properties` says what is wrong with it
        return False


def workbook_stream(data: bytes) -> bytes:
    """The records of a workbook. Raises SourceError if it is damaged."""
    with open_compound(data) as opened:
        return _records(opened)


def _records(opened: olefile.OleFileIO) -> bytes:
    for name in ("Workbook", "Book"):
        if opened.exists(name):
            return bytes(opened.openstream(name).read())
    return b""


def _locked(stream: bytes) -> bool:
    """Whether a workbook's own records, which come first, say how it is encrypted: [MS-XLS] 2.4."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind in (_FILEPASS, _EOF):
            return bool(kind == _FILEPASS)
        at += 4 + size
    return False
