"""The message in an S/MIME envelope that is signed but not encrypted (RFC 5652, smime.p7m)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lepton_local.corpus.formats.member import Member
from lepton_local.errors import SourceError
from lepton_local.types import Source

_OCTETS, _OBJECT, _CONTEXT = 0x04, 0x06, 0xA0
_SIGNED = bytes.fromhex("2a864886f70d010702")
_CONSTRUCTED = 0x20
_SEQUENCE = b"\x30"
_DEEPEST = 32

Element = tuple[int, bytes]  # tag, content


def parse_signed(source: Source, data: bytes) -> Iterator[Member]:
    """The message that was signed; whether the signature holds is not looked at."""
    if not data.startswith(_SEQUENCE):  # Outlook names so what was sent beside its signature
        yield Member("message", "message.eml", partial(bytes, data))
        return
    try:
        (envelope,) = list(_elements(data, 0))[:1]
        kind, content = list(_elements(envelope[1], 1))[:2]
        if kind != (_OBJECT, _SIGNED):
            raise SourceError("encrypted: only who has its key can read it")
        (signed,) = list(_elements(content[1], 2))[:1]
        for tag, inner in _elements(signed[1], 3):
            parts = list(_elements(inner, 4)) if tag & _CONSTRUCTED else []
            if len(parts) > 1 and parts[0][0] == _OBJECT and parts[1][0] == _CONTEXT:
                message = b"".join(_octets(parts[1][1], 5))
                yield Member("message", "message.eml", partial(bytes, message))
                return
    except (ValueError, IndexError) as error:
        raise SourceError(f"malformed S/MIME: {error}") from error
    raise SourceError("no message in it: its signature alone")


def _octets(data: bytes, depth: int) -> Iterator[bytes]:
    for tag, content in _elements(data, depth):
        if tag & _CONSTRUCTED:
            yield from _octets(content, depth + 1)
        else:
            yield content


def _elements(data: bytes, depth: int) -> Iterator[Element]:
    """The elements of BER (X.690), side by side."""
    at = 0
    while at < len(data) and data[at : at + 2] != b"\0\0":
        tag, begin, end, after = _extent(data, at, depth)
        yield tag, data[begin:end]
        at = after


def _extent(data: bytes, at: int, depth: int) -> tuple[int, int, int, int]:
    """An element's tag, where its content begins and ends, and where the next one begins."""
    if depth > _DEEPEST:
        raise ValueError("elements within elements, too deep")
    tag, length = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:
        raise ValueError("a tag of more than one byte")
    begin = at + 2
    if length == 0x80:  # to an end that is marked
        inner = begin
        while data[inner : inner + 2] != b"\0\0":
            if inner >= len(data):
                raise ValueError("it has no end")
            inner = _extent(data, inner, depth + 1)[3]
        return tag, begin, inner, inner + 2
    if length > 0x80:
        size = length - 0x80
        length, begin = int.from_bytes(data[begin : begin + size], "big"), begin + size
    if begin + length > len(data):
        raise ValueError("it ends too early")
    return tag, begin, begin + length, begin + length
