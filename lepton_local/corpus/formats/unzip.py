"""ZIP files read with limits: a small file that unpacks to a huge one was made to fill the memory.

The directory of a ZIP file says how large its members are, and `zipfile` gives no byte of a member
beyond that, so what is checked here holds while reading as well. It does unpack, though, all that a
read takes in: so members are read in small pieces, and those of bzip2 and LZMA, of which even a
small piece may be huge, by libraries that can be told how much to give.
"""

from __future__ import annotations

import bz2
import copy
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from typing import IO, Any, Protocol

from lepton_local.errors import SourceError

_UNPACKED = 512 << 20  # bytes of all members together
_RATIO = 200  # times the file's own size; deflate can do a thousand, documents do twenty
_HARMLESS = 32 << 20  # bytes; nothing that unpacks to less is refused for its ratio
_PIECE = 1 << 15  # bytes of a read; deflate unpacks as many to 32 MB at most
_LOCKED, _HAS_END = 1, 2  # in the flags of a member; an LZMA stream that says where it ends
OLE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of encrypted documents, and of Office 97's
)
# A name in that container, at the full length of names there.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le").ljust(64, b"\0")


class Readable(Protocol):
    """A stream that unpacks no more than it is asked for."""

    def read(self, size: int, /) -> bytes: ...


class Measured(io.RawIOBase):
    """A stream that gives so many bytes, and raises SourceError where there are more."""

    def __init__(self, stream: Readable, most: int) -> None:
        self._stream = stream
        self._most = most
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._given += len(data)
        if self._given > self._most:
            raise SourceError(f"unpacks to more than {self._most:,} bytes")
        return len(data)


def most_unpacked(packed: int) -> int:
    """To how many bytes a file of `packed` bytes may unpack."""
    return min(_UNPACKED, max(_HARMLESS, _RATIO * packed))


def open_zip(data: bytes) -> zipfile.ZipFile:
    """The ZIP file in `data`, its directory checked.

    Raises SourceError if it is none, if it is an encrypted document of Office, or if its members
    are more than 512 MiB together, or more than 32 MiB and 200 times the bytes of `data`.
    """
    if data.startswith(OLE):
        if ENCRYPTED in data:
            raise SourceError("encrypted: save it again without a password")
        raise SourceError("a document of Office 97, or encrypted; save it in today's format")
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # zipfile raises more than it names on a damaged directory
        raise SourceError("not a zip file, or a damaged one") from error
    size = sum(entry.file_size for entry in opened.infolist())
    most = most_unpacked(len(data))
    if size > most:
        raise SourceError(
            f"unpacks to {size:,} bytes, expected at most {most:,} of {len(data):,} bytes"
        )
    return opened


def read_member(archive: zipfile.ZipFile, name: str, limit: int = _UNPACKED) -> bytes:
    """The bytes of a member.

    Raises SourceError if there is none of this name, or if it is encrypted, damaged or larger than
    `limit` bytes.
    """
    try:
        entry = archive.getinfo(name)
    except KeyError as error:
        raise SourceError(f"malformed: there is no {name!r} in it") from error
    if entry.flag_bits & _LOCKED:
        raise SourceError(f"encrypted: {name!r} needs a password")
    if entry.file_size > limit:
        raise SourceError(f"{name!r} unpacks to {entry.file_size:,} bytes, expected {limit:,}")
    try:
        if entry.compress_type in _OPENERS:
            return _measured_member(archive, entry)
        with archive.open(entry) as member:
            return b"".join(iter(partial(member.read, _PIECE), b""))
    except Exception as error:  # each method of compression has errors of its own
        raise SourceError(f"malformed: {name!r} cannot be unpacked: {error}") from error


def _measured_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, of which no more are ever unpacked than it says to hold."""
    packed: Any = copy.copy(entry)  # the same bytes as if they were not packed
    packed.compress_type, packed.file_size, packed.CRC = (
        zipfile.ZIP_STORED,
        entry.compress_size,
        None,
    )
    with archive.open(packed) as member:
        stream = _OPENERS[entry.compress_type](io.BytesIO(member.read()), entry)
    data = io.BufferedReader(Measured(stream, entry.file_size)).read()
    if zlib.crc32(data) != entry.CRC:
        raise zipfile.BadZipFile("its checksum is wrong")
    return data


def _open_lzma(packed: IO[bytes], entry: zipfile.ZipInfo) -> Readable:
    """A ZIP member's LZMA stream (APPNOTE.TXT, 5.8.8), under the header of an .lzma file."""
    _, count = struct.unpack("<HH", packed.read(4))
    size = -1 if entry.flag_bits & _HAS_END else entry.file_size
    alone = packed.read(count) + struct.pack("<q", size) + packed.read()
    return lzma.LZMAFile(io.BytesIO(alone), format=lzma.FORMAT_ALONE)


_OPENERS: dict[int, Callable[[IO[bytes], zipfile.ZipInfo], Readable]] = {
    zipfile.ZIP_BZIP2: lambda packed, _: bz2.BZ2File(packed),
    zipfile.ZIP_LZMA: _open_lzma,
}
