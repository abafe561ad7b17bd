"""TNEF: what Outlook packs into a "winmail.dat" that other programs cannot open ([MS-OXTNEF])."""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from functools import partial
from itertools import islice

from lepton_local.corpus.formats.headers import attachment_name, decoded
from lepton_local.corpus.formats.lzfu import unpack_rtf
from lepton_local.corpus.formats.member import Member
from lepton_local.errors import SourceError
from lepton_local.types import Source

_SIGNATURE = 0x223E9F78
# Attributes: the body, the properties of the message, and of each attachment what it is drawn with,
# which comes first, its short name, its bytes and its properties.
_BODY, _MESSAGE, _BEGIN, _TITLE, _DATA, _PROPERTIES = (
    0x2800C,
    0x69003,
    0x69002,
    0x18010,
    0x6800F,
    0x69005,
)
_LONG_NAME = 0x3707
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}  # of values
_TEXT8, _TEXT16 = 0x1E, 0x1F
# The body among the properties: as plain text, as a page, and packed.
_BODIES = {0x1000: "body.txt", 0x1013: "body.html", 0x1009: "body.rtf"}


def parse_tnef(source: Source, data: bytes) -> Iterator[Member]:
    """The body, and the attachments. Outlook often writes the body in RTF alone, or as a page."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise SourceError("no TNEF: expected what Outlook calls winmail.dat")
    name, number = "", 0
    held: bytes | None = None
    told: Iterator[Member] = iter(())
    for kind, value in _attributes(data):
        if kind == _BODY:
            yield Member("body", "body.txt", partial(_same, value.rstrip(b"\0")))
            told = iter(())
        elif kind == _MESSAGE:
            told = _bodies(value)
        elif kind == _BEGIN:
            if held is not None:
                yield _member(name, number, held)
            name, number, held = "", number + 1, None
        elif kind == _TITLE:
            name = name or _name(value)
        elif kind == _PROPERTIES:
            name = _long_name(value) or name
        elif kind == _DATA:
            held = value
    if held is not None:
        yield _member(name, number, held)
    yield from islice(told, 1)


def _bodies(properties: bytes) -> Iterator[Member]:
    """The body, the best first, of a message that tells it among its properties."""
    found = dict(_values(properties, _BODIES))
    for id_, name in _BODIES.items():
        if value := found.get(id_):
            read = partial(unpack_rtf if name.endswith("rtf") else _same, value)
            yield Member("body", name, read)


def _member(name: str, number: int, data: bytes) -> Member:
    shown = attachment_name(name) or f"part {number}"
    return Member(shown, shown, partial(_same, data))


def _same(data: bytes) -> bytes:
    return data


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        _, kind, size = struct.unpack_from("<BII", data, at)
        if at + 9 + size > len(data):
            raise SourceError("malformed TNEF: it ends within an attribute")
        yield kind, data[at + 9 : at + 9 + size]
        at += 9 + size + 2  # a sum of the bytes follows


def _name(value: bytes) -> str:
    return decoded(value.rstrip(b"\0"), "")


def _long_name(properties: bytes) -> str:
    """The long name of an attachment among its properties; "" where they do not tell it."""
    return next((decoded(value, "") for _, value in _values(properties, (_LONG_NAME,))), "")


def _values(properties: bytes, wanted: Container[int]) -> Iterator[tuple[int, bytes]]:
    """The ids and values of texts and bytes among properties; texts in UTF-8 or as they are."""
    try:
        (count,) = struct.unpack_from("<I", properties)
        at = 4
        for _ in range(count):
            kind, id_ = struct.unpack_from("<HH", properties, at)
            at += 4
            if id_ >= 0x8000:
                at = _past_name(properties, at)
            if kind in _SIZES:
                at += _SIZES[kind]
                continue
            (many,) = struct.unpack_from("<I", properties, at)
            at += 4
            for _ in range(many):
                (size,) = struct.unpack_from("<I", properties, at)
                value = properties[at + 4 : at + 4 + size]
                at += 4 + size + -size % 4
                if kind == _TEXT16:
                    value = value.decode("utf-16-le", "replace").encode()
                if id_ in wanted:
                    yield id_, value.rstrip(b"\0") if kind in (_TEXT8, _TEXT16) else value
    except struct.error:
        return


def _past_name(properties: bytes, at: int) -> int:
    """Where a property goes on behind the name that it has of its own."""
    by_name, number = struct.unpack_from("<II", properties, at + 16)
    size = int(number) if by_name else 0
    return at + 24 + size + -size % 4
