"""Workbooks of Excel 97 in their container: what they say of themselves, and whether they can be
read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import olefile  # type: ignore[import-untyped]

from lepton_local.corpus.formats.compound import about_compound, open_compound
from lepton_local.corpus.formats.properties import Properties

_FILEPASS = 0x2F
_LATER = frozenset((0x0A, 0x31, 0x85))  # the end, fonts and sheets: none comes before it


@dataclass(frozen=True, slots=True)
class OldWorkbook:
    """`stream`: its records; `locked`: they are encrypted."""

    about: Properties
    stream: bytes
    locked: bool


def open_old(data: bytes) -> OldWorkbook:
    """A workbook of Excel 97. Raises SourceError if it is damaged."""
    with open_compound(data) as opened:
        stream = _records(opened)
        return OldWorkbook(about_compound(opened), stream, _locked(stream))


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
        if kind == _FILEPASS or kind in _LATER:
            return bool(kind == _FILEPASS)
        at += 4 + size
    return False
