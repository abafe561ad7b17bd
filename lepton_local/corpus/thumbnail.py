"""A picture of a file or of a document, small, as PNG. Whoever shows it does not take its file
apart: that happens where documents are parsed.
"""

from __future__ import annotations

import struct
import zlib

from lepton_local.corpus.how import How
from lepton_local.corpus.isolate import parse_source
from lepton_local.corpus.pixels import Pixels
from lepton_local.errors import SourceError
from lepton_local.types import Source

SIDE = 256  # dots of the shorter side, at most


def thumbnail(source: Source, key: str) -> bytes:
    """The picture that the key names in a file.

    Raises SourceError for a file that is gone, has changed since `source` was read, or has no such
    picture that can be read.
    """
    parsed = parse_source(source, How(pictures=True, side=SIDE, key=key))
    if parsed.source.digest not in ("", source.digest):
        raise SourceError("changed since it was indexed")
    found = next((each for each in parsed.pictures if each.key == key), None)
    if found is None:
        reason = parsed.refused[0].reason if parsed.refused else "no such picture in it"
        raise SourceError(reason)
    return png(found)


def png(pixels: Pixels) -> bytes:
    """A picture as a PNG file: eight bits of red, green and blue, no filter.
    https://www.w3.org/TR/png-3/
    """
    line = 3 * pixels.width
    rows = (b"\0" + pixels.data[at : at + line] for at in range(0, len(pixels.data), line))
    head = struct.pack(">IIBBBBB", pixels.width, pixels.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
