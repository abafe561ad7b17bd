"""The bytes of a source, read once, with the digest of exactly these bytes."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from typing import IO

from lepton_local.errors import SourceError, UnreadableError
from lepton_local.types import Source

MAX_BYTES = 64 << 20  # of a file that is indexed
# A pipe that lies where a file was is opened without waiting for somebody to write into it.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read(source: Source) -> tuple[Source, bytes]:
    """The bytes of a source, and the source with the size, time and digest of exactly these bytes.

    Raises SourceError for a file that is gone, is none, or is too large, and UnreadableError for
    one that cannot be read now or changed while it was read.
    """
    path = os.path.join(source.root, source.path)
    try:
        with open_regular(path) as file:
            before = os.fstat(file.fileno())
            if before.st_size > max(source.size, MAX_BYTES):
                raise SourceError(too_large(before.st_size, MAX_BYTES))
            data = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise SourceError("gone: there is no such file any more") from None
    except OSError as error:
        raise UnreadableError(reason(error)) from error
    stamps = {(state.st_size, state.st_mtime_ns) for state in (before, after)}
    if len(stamps) > 1 or len(data) != after.st_size:
        raise UnreadableError("changed while it was read; the next update takes it")
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return replace(source, size=len(data), mtime_ns=mtime_ns(after), digest=digest), data


def open_regular(path: str) -> IO[bytes]:
    """Open a file to read it. Never waits for a pipe, and never reads a device: SourceError."""
    handle = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise SourceError("not a regular file")
    return os.fdopen(handle, "rb")


def too_large(size: int, most: int) -> str:
    """Why a file of so many bytes is not indexed."""
    return f"{size:,} bytes; files of up to {most:,} are indexed"


def mtime_ns(state: os.stat_result) -> int:
    """When a file was last changed, or the nearest time that 64 bits hold: a clock that ran wild
    writes years that no date has.
    """
    return max(-(2**63), min(state.st_mtime_ns, 2**63 - 1))


def reason(error: OSError) -> str:
    """Why the system refused, in its own words."""
    return (error.strerror or str(error)).lower()
