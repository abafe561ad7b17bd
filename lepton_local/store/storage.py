"""Where an index lies: the few things that are asked of a place for files. Whoever reads or writes
an index goes through them, so that another kind of place is one more class.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import posixpath
import shlex
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import pyarrow as pa

from lepton_local.errors import DamagedError, LockedError
from lepton_local.store.parts import Ranges

_PIECE = 1 << 22  # bytes that are digested at a time


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a file of an index must be: its size is looked at on opening, its digest by `check`."""

    size: int
    digest: str


class Sink(io.RawIOBase):
    """A file that is being written: counts and digests what goes into it."""

    def __init__(self, write: Callable[[Any], object]) -> None:
        self._write, self._digest, self._size = write, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._write(data)
        self._digest.update(data)
        written = memoryview(data).nbytes
        self._size += written
        return written

    @property
    def stored(self) -> StoredFile:
        """What has been written."""
        return StoredFile(self._size, f"sha256:{self._digest.hexdigest()}")


class Storage(Protocol):
    """A place for the files of one index. Names are relative: "segments/NAME/vectors.npy".

    What a name leads to is a file or a folder of the place itself: whoever made a link of it, or a
    device, is not followed, and gets a DamagedError. A file that is not there is a
    FileNotFoundError.
    """

    @property
    def place(self) -> str:
        """The place, as people call it."""

    def read(self, name: str, most: int) -> bytes:
        """A whole file. Raises DamagedError for one of more than `most` bytes."""

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        """A whole file, read when it is looked at: it stays as it is, though its name is removed
        or given to another. stored: what it must be, where that is known: a place that brings
        files from afar proves by it what has come, and need not bring it twice.
        """

    def parts(self, name: str, stored: StoredFile | None, *, whole: bool) -> Ranges | None:
        """The same file, of which parts are read: a few before the rest is brought, unless the
        `whole` is to be at hand; as many as are asked for where each must be decrypted. None where
        `map` is as soon done.
        """

    def put(self, name: str) -> AbstractContextManager[Sink]:
        """A file that takes its name, whole and for good, when the block ends without an error."""

    def list(self, folder: str) -> list[str]:
        """The names in a folder, sorted; of one that is not there, none. "" is the place itself."""

    def rename(self, folder: str, to: str) -> None:
        """Give a folder of finished files its name. Raises FileExistsError where one has it."""

    def remove(self, name: str) -> None:
        """Remove a file, or a folder if nothing is in it; what cannot be removed stays."""

    def swap(self, name: str, data: bytes, before: str) -> None:
        """Put a file in the place of another, all at once. Raises LockedError unless `before` is
        the digest of the one that is there, or "" where none is.
        """

    def lock(self) -> AbstractContextManager[None]:
        """Be the one writer. Raises LockedError at once where there is another."""


def digest(data: bytes | pa.Buffer) -> str:
    """ "sha256:…" of bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def fingerprint(stored: Iterable[StoredFile]) -> str:
    """16 hexadecimal digits that files of other bytes have not."""
    return hashlib.sha256("".join(file.digest for file in stored).encode()).hexdigest()[:16]


def rebuild(place: str) -> str:
    """The command that heals an index, for the end of a message."""
    return f"lepton-index build FOLDER --out {shlex.quote(place)}"


def damaged(storage: Storage, name: str, why: str) -> DamagedError:
    """What is wrong with a file of an index, and what heals it."""
    where = posixpath.join(storage.place, name)
    return DamagedError(f"{where} {' '.join(why.split())}", advice=rebuild(storage.place))


@dataclass(frozen=True)
class Mapped:
    """A file that is open for reading. parts: those of it that may be looked at before the whole,
    where it lies elsewhere and is large.
    """

    storage: Storage
    name: str
    stored: StoredFile | None = None
    parts: Ranges | None = None

    @cached_property
    def data(self) -> pa.Buffer:
        """The whole of it."""
        return self.storage.map(self.name, self.stored)

    @property
    def far(self) -> Ranges | None:
        """Its parts, as long as the whole is not here."""
        return None if "data" in self.__dict__ else self.parts

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.data.size if self.parts is None else self.parts.size

    def get(self, first: int, size: int) -> pa.Buffer:
        """Some bytes of it."""
        if self.far is not None and self.far.want([(first, size)]):
            return pa.py_buffer(self.far.get(first, size))
        return self.data.slice(first, size)

    @property
    def digest(self) -> str:
        """ "sha256:…" of all of it, a piece at a time."""
        made = hashlib.sha256()
        for first in range(0, self.size, _PIECE):
            made.update(self.get(first, min(_PIECE, self.size - first)))
        return f"sha256:{made.hexdigest()}"

    def damaged(self, why: str) -> DamagedError:
        """What is wrong with it."""
        return damaged(self.storage, self.name, why)


def map_file(
    storage: Storage, name: str, stored: StoredFile | None = None, *, whole: bool = True
) -> Mapped:
    """Open a file; unless `whole`, a large one that lies elsewhere by parts. Raises DamagedError
    where it is missing, or of another size than was written.
    """
    try:
        parts = storage.parts(name, stored, whole=whole)
        found = Mapped(storage, name, stored, parts)
        if parts is None:
            found.data  # noqa: B018  # from now on it is this reader's
        elif parts.size:
            found.get(parts.size - 1, 1)  # it is there, and as long as it should be
    except (FileNotFoundError, NotADirectoryError):
        expected = f"{stored.size} bytes" if stored else "the file that the manifest names"
        raise damaged(storage, name, f"has no file, expected {expected}") from None
    except OSError as error:
        raise damaged(storage, name, f"cannot be read ({error.strerror})") from None
    if stored and found.size != stored.size:
        raise found.damaged(f"has {found.size} bytes, expected {stored.size} bytes")
    return found


def locked(place: str) -> LockedError:
    """Another writer is at work."""
    return LockedError(
        f"{place} is being written by another process, expected one writer at a time",
        advice=f"wait for it, then lepton-index update {place}",
    )


def swapped(place: str) -> LockedError:
    """Another writer has been at work, against the lock."""
    return LockedError(
        f"{place} was changed by another process meanwhile, expected one writer at a time",
        advice=f"lepton-index update {place}",
    )


class Memory:
    """An index that lies in the memory of this process, and ends with it."""

    def __init__(self, place: str = "memory") -> None:
        self._place = place
        self._files: dict[str, bytes] = {}
        self._lock = threading.Lock()

    @property
    def place(self) -> str:
        return self._place

    def read(self, name: str, most: int) -> bytes:
        data = self._file(name)
        if len(data) > most:
            raise damaged(self, name, f"has {len(data)} bytes, expected at most {most}")
        return data

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        return pa.py_buffer(self._file(name))

    def parts(self, name: str, stored: StoredFile | None, *, whole: bool) -> None:
        return None

    @contextmanager
    def put(self, name: str) -> Iterator[Sink]:
        kept = io.BytesIO()
        yield Sink(kept.write)
        self._files[name] = kept.getvalue()

    def list(self, folder: str) -> list[str]:
        inside = f"{folder}/" if folder else ""
        rest = (name.removeprefix(inside) for name in [*self._files] if name.startswith(inside))
        return sorted({name.partition("/")[0] for name in rest})

    def rename(self, folder: str, to: str) -> None:
        if self.list(to):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), f"{self.place}/{to}")
        for name in [name for name in self._files if name.startswith(f"{folder}/")]:
            self._files[to + name.removeprefix(folder)] = self._files.pop(name)

    def remove(self, name: str) -> None:
        self._files.pop(name, None)

    def swap(self, name: str, data: bytes, before: str) -> None:
        if before != (digest(self._files[name]) if name in self._files else ""):
            raise swapped(self.place)
        self._files[name] = data

    @contextmanager
    def lock(self) -> Iterator[None]:
        if not self._lock.acquire(blocking=False):
            raise locked(self.place)
        try:
            yield
        finally:
            self._lock.release()

    def _file(self, name: str) -> bytes:
        try:
            return self._files[name]
        except KeyError:
            raise FileNotFoundError(f"{self.place}/{name}") from None
