"""Compressed RTF, as Outlook keeps it ([MS-OXRTFCP])."""

from __future__ import annotations

import struct

from lepton_local.errors import SourceError

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
# What both sides have seen before the first byte.
_BEFORE = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def unpack_rtf(data: bytes) -> bytes:
    """The RTF in `data`, as far as it goes. Raises SourceError for what is no compressed RTF."""
    if len(data) < 16:
        raise SourceError("malformed: its RTF ends within its head")
    _, size, kind, _ = struct.unpack_from("<4I", data)
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED:
        raise SourceError("malformed: its RTF is packed in no known way")
    # A reference of two bytes gives 17 at most: nothing small becomes huge.
    found = bytearray(_BEFORE)
    at = 16
    while at < len(data):
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                found.append(data[at])
                at += 1
                continue
            reference = int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
            at += 2
            back = (len(found) - (reference >> 4)) % _WINDOW
            if not back:  # it refers to what comes next: the end
                return bytes(found[len(_BEFORE) :])
            for _ in range((reference & 15) + 2):
                found.append(found[-back] if back <= len(found) else 0x20)
    return bytes(found[len(_BEFORE) :])
