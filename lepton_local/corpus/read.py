"""The bytes of a source, read once, with the digest of exactly these bytes."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace

from lepton_local.errors import SourceError, UnreadableError
from lepton_local.types import Source


def read(source: Source) -> tuple[Source, bytes]:
    """The bytes of a source, and the source with the size, time and digest of exactly these bytes.

    Raises SourceError for a file that is gone, and UnreadableError for one that cannot be read now
    or changed while it was read.
    """
    path = os.path.join(source.root, source.path)
    try:
        with open(path, "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise SourceError("not a regular file")
            data = file.read()
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


def mtime_ns(state: os.stat_result) -> int:
    """When a file was last changed, or the nearest time that 64 bits hold: a clock that ran wild
    writes years that no date has.
    """
    return max(-(2**63), min(state.st_mtime_ns, 2**63 - 1))


def reason(error: OSError) -> str:
    """Why the system refused, in its own words."""
    return (error.strerror or str(error)).lower()
