"""Compressed files: `notes.txt.gz` is read as `notes.txt`, `site.tar.gz` and `site.tgz` as an
archive.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO

from lepton_local.corpus.formats.archive import tar_members
from lepton_local.corpus.formats.member import LARGEST, Member
from lepton_local.corpus.formats.unzip import Measured, Readable, most_unpacked
from lepton_local.corpus.read import open_regular
from lepton_local.corpus.suffixes import TARS, unpacked_name
from lepton_local.types import Source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


_OPENERS: dict[str, Callable[[IO[bytes]], Readable]] = {
    ".gz": lambda packed: gzip.GzipFile(fileobj=packed),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".lzma": lzma.LZMAFile,
    ".zst": zstd.ZstdFile,
}


def parse_compressed(source: Source, data: bytes) -> Iterator[Member]:
    """The one file in it, under an empty key; of a compressed TAR archive, its members."""
    suffix = PurePosixPath(source.path).suffix.lower()
    packed = _OPENERS[TARS.get(suffix, suffix)](io.BytesIO(data))
    name = unpacked_name(source.path)
    most = most_unpacked(len(data))
    if name.lower().endswith(".tar"):
        yield from tar_members(io.BufferedReader(Measured(packed, most)), most=most)
    else:
        yield Member("", name, io.BufferedReader(Measured(packed, min(LARGEST, most))).read)


def beginning(path: str, size: int) -> bytes:
    """The first bytes of a file, unpacked if it is compressed. Raises SourceError for what is no
    file, and OSError for one that cannot be opened or unpacked.
    """
    opener = _OPENERS.get(PurePosixPath(path).suffix.lower())
    with open_regular(path) as file:
        try:
            return (opener(file) if opener else file).read(size)
        except (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError) as error:
            raise OSError(str(error)) from error
