"""The bytes of a source, read once, with the digest of exactly these bytes."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace

from lepton_local.errors import SourceError
from lepton_local.types import Source


def read(source: Source) -> tuple[Source, bytes]:
    """The bytes of a source, and the source with the size, time and digest of exactly these bytes.

    Raises SourceError for a file that is gone, cannot be read, or changed while it was read.
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
        raise SourceError(reason(error)) from error
    stamps = {(state.st_size, state.st_mtime_ns) for state in (before, after)}
    if len(stamps) > 1 or len(data) != after.st_size:
        raise SourceError("changed while it was read; the next update takes it")
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return replace(source, size=len(data), mtime_ns=after.st_mtime_ns, digest=digest), data


def reason(error: OSError) -> str:
    """Why the system refused, in its own words."""
    return (error.strerror or str(error)).lower()
