"""ZIP and TAR archives: their files are members, read with limits and written nowhere."""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import BinaryIO

from lepton_local.corpus.formats.member import LARGEST, Member
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.corpus.formats.zip_names import names_of
from lepton_local.errors import SourceError
from lepton_local.types import Source

_UNIX = 3  # the system of which a ZIP member bears the file mode
# The type hints of tarfile do not know them.
_DAMAGED = (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError)  # type: ignore[attr-defined]
_ABSOLUTE = re.compile(r"/|[A-Za-z]:")


def parse_zip(source: Source, data: bytes) -> Iterator[Member]:
    """The files in a ZIP archive."""
    with open_zip(data) as archive:
        names = names_of(archive.infolist())
        for entry in dict.fromkeys(map(archive.getinfo, archive.namelist())):
            if not entry.is_dir():
                read = partial(read_member, archive, entry.filename, LARGEST)
                mode = entry.external_attr >> 16 if entry.create_system == _UNIX else 0
                special = stat.S_IFMT(mode) not in (0, stat.S_IFREG)
                yield _member(names[entry.filename], read, _zip_day(entry), special=special)


def parse_tar(source: Source, data: bytes) -> Iterator[Member]:
    """The files in a TAR archive that is not compressed."""
    yield from tar_members(io.BytesIO(data), most=len(data))


def tar_members(stream: BinaryIO, *, most: int) -> Iterator[Member]:
    """The files in a TAR archive of `most` bytes or fewer, in its order; it is read once, and
    forward.
    """
    # As a stream: what a damaged header says can then not send it backwards, round and round.
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Entry, encoding="utf-8") as archive:
        while (entry := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
            if not entry.isdir():
                read = partial(_read_tar, archive, entry)
                yield _member(entry.name, read, _tar_day(entry), special=not entry.isreg())
            if archive.offset > most:  # tarfile would look for the end of this file for years
                raise SourceError(f"it unpacks to {archive.offset:,} bytes, expected {most:,}")


class _Entry(tarfile.TarInfo):
    """A header of a TAR archive; a damaged one is an error, where tarfile would end quietly."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _Entry:
        try:
            return super().fromtarfile(archive)
        except _DAMAGED as error:
            raise SourceError(f"malformed TAR: {error}") from error


def _read_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    if entry.size > LARGEST:
        raise SourceError(f"{entry.size:,} bytes; files of up to {LARGEST:,} are indexed")
    file = archive.extractfile(entry)
    return file.read() if file is not None else b""


def _member(name: str, read: partial[bytes], day: str, *, special: bool) -> Member:
    """A member under its path in the archive; what must not be read raises when it is."""
    name = name.replace("\\", "/").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if _ABSOLUTE.match(name) or ".." in parts:
        read = partial(_refuse, "its path leads out of the archive")
    elif special:
        read = partial(_refuse, "a link or a device, not a file")
    return Member("/".join(parts), parts[-1] if parts else "", read, day)


def _refuse(reason: str) -> bytes:
    raise SourceError(reason)


def _zip_day(entry: zipfile.ZipInfo) -> str:
    """The day of a ZIP member, unless it is the first that one can have."""
    try:
        day = date(*entry.date_time[:3])
    except ValueError:
        return ""
    return day.isoformat() if day > date(1980, 1, 1) else ""


def _tar_day(entry: tarfile.TarInfo) -> str:
    """The day of a TAR member, in UTC, unless it is none."""
    try:
        return datetime.fromtimestamp(entry.mtime, tz=UTC).date().isoformat() if entry.mtime else ""
    except (ValueError, OverflowError, OSError):
        return ""
