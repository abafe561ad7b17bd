"""ZIP files read with limits: a small file that unpacks to a huge one was made to fill the memory.

The directory of a ZIP file says how large its members are, and `zipfile` gives no byte of a member
beyond that, so what is checked here holds while reading as well. It does unpack, though, all that a
read takes in; so members are read in small pieces. Of bzip2 even a small one may be huge: there the
limits of the process (isolate.py) hold.
"""

from __future__ import annotations

import io
import zipfile
from functools import partial

from lepton_local.errors import SourceError

_UNPACKED = 512 << 20  # bytes of all members together
_RATIO = 200  # times the file's own size; deflate can do a thousand, documents do twenty
_HARMLESS = 32 << 20  # bytes; nothing that unpacks to less is refused for its ratio
_PIECE = 4096  # bytes of a read; deflate unpacks as many to 4 MB at most
_LOCKED = 1  # in the flags of a member
OLE = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of encrypted documents, and of Office 97's
)
# A name in that container, at the full length of names there.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le").ljust(64, b"\0")


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
        with archive.open(entry) as member:
            return b"".join(iter(partial(member.read, _PIECE), b""))
    except Exception as error:  # each method of compression has errors of its own
        raise SourceError(f"malformed: {name!r} cannot be unpacked: {error}") from error
