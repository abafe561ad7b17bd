"""Files of indexes that lie elsewhere, kept on this disk: each by the digest of its bytes, so that
it serves every index and generation that has it, and processes that share the folder agree.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from lepton_local.errors import DamagedError, StoreError
from lepton_local.homes import cache_folder, is_closed
from lepton_local.store import files
from lepton_local.store.folder import OURS, Folder
from lepton_local.store.names import is_beside
from lepton_local.store.storage import Sink, StoredFile

MOST_GIB = 20
_LIMIT = "LEPTON_CACHE_GIB"
_HOUR = 3600.0


class Cache:
    """Files that never change. The least used go when all are more than `most` bytes; whoever has
    one open keeps it.
    """

    def __init__(self, home: Path, most: int) -> None:
        self._folder, self._most = Folder(home), most

    def map(self, stored: StoredFile) -> pa.Buffer | None:
        """A file, if it is here."""
        name = _name(stored)
        try:
            found = self._folder.map(name)
        except (OSError, DamagedError):  # none, or a link that is not ours
            return None
        with contextlib.suppress(OSError):  # a cache that is only read
            os.utime(self._folder.root / name)
        return found if found.size == stored.size else None

    @contextlib.contextmanager
    def put(self, stored: StoredFile) -> Iterator[Sink]:
        """A file that is kept when the block ends without an error."""
        with self._folder.put(_name(stored)) as file:
            yield file
        self._collect(_name(stored))

    def adopt(self, path: Path, stored: StoredFile) -> None:
        """Keep a finished file of this disk, which goes from its place."""
        files.make_folder(self._folder.root, mode=OURS)
        os.replace(path, self._folder.root / _name(stored))
        self._collect(_name(stored))

    def passing(self, fill: Callable[[Sink], StoredFile]) -> pa.Buffer:
        """A file that is kept for as long as somebody looks at it."""
        with tempfile.TemporaryFile(dir=self._folder.root) as file:
            size = fill(Sink(file.write)).size
            file.flush()
            if not size:
                return pa.py_buffer(b"")
            return pa.py_buffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))

    def _collect(self, newest: str) -> None:
        """Remove what was not used for longest, and what dead processes left half written."""
        found = []
        for name in self._folder.list(""):
            with contextlib.suppress(OSError):
                state = os.stat(self._folder.root / name)
                if not is_beside(name):
                    found.append((state.st_mtime, name, state.st_size))
                elif time.time() - state.st_mtime > _HOUR:
                    self._folder.remove(name)
        over = sum(size for _, _, size in found) - self._most
        for _, name, size in sorted(found):
            if over > 0 and name != newest:
                self._folder.remove(name)
                over -= size


def private(name: str) -> Path:
    """A folder of the cache, in which no other user can put anything. Raises StoreError."""
    root = cache_folder().resolve()
    path = root / name
    try:
        for each in (root, path):
            files.make_folder(each, mode=OURS)
            if not is_closed(each):
                raise StoreError(
                    f"others may write to {each}, expected a cache of your own",
                    advice=f"chmod go-w {each}, or set LEPTON_CACHE",
                )
    except OSError as error:
        raise StoreError(
            f"{path}: the cache cannot be written ({error.strerror})",
            advice="set LEPTON_CACHE to a folder that can",
        ) from None
    return path


def size_limit() -> int:
    """How many bytes are kept: `LEPTON_CACHE_GIB`, in GiB. Raises StoreError."""
    told = os.environ.get(_LIMIT, str(MOST_GIB))
    try:
        if (limit := float(told)) >= 0:
            return int(limit * (1 << 30))
    except (ValueError, OverflowError):
        pass
    raise StoreError(f"{_LIMIT} is {told!r:.40}, expected a number of GiB such as {MOST_GIB}")


def _name(stored: StoredFile) -> str:
    return stored.digest.removeprefix("sha256:")
