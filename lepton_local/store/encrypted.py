"""An encrypted index: a storage in which another one keeps its files, each encrypted.

In the clear lie the lock, the rule for crawls, and the keys, which are locked themselves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from typing import Self

import pyarrow as pa

from lepton_local.errors import AlteredError, DamagedError
from lepton_local.store import locks, seen
from lepton_local.store.cache import Cache, private, size_limit
from lepton_local.store.cipher import (
    BLOCK,
    Reader,
    Writer,
    seal_line,
    sealed_by,
    sealed_size,
    unseal_line,
)
from lepton_local.store.keys import RING, Secret
from lepton_local.store.names import (
    IGNORE_FILE,
    KEYS_FOLDER,
    LOCK_FILE,
    MANIFEST_FILE,
    is_far,
    is_keys_file,
    keys_file,
)
from lepton_local.store.storage import Sink, Storage, StoredFile, damaged, digest, swapped


class Encrypted:
    """A storage whose files lie in the one below it."""

    def __init__(
        self,
        below: Storage,
        key: bytes,
        kept: locks.Locks,
        *,
        saved: bool = True,
        replaces: Storage | None = None,
    ) -> None:
        """kept: the locks of the key, which may not be `saved` yet; replaces: the same place as it
        was until now, whose manifest the first `swap` is to replace.
        """
        self.below, self.locks = below, kept
        self.key, self._saved, self._replaces = key, saved, replaces
        RING.keep(kept.identity, key)

    @classmethod
    def opened(cls, below: Storage, identity: bytes) -> Self:
        """What is there, encrypted by this key. Raises SecretError, DamagedError."""
        kept = locks.load(below, identity)
        return cls(below, locks.unlocked(below.place, kept), kept)

    @classmethod
    def begun(cls, below: Storage, secret: Secret, *, replaces: Storage | None = None) -> Self:
        """A new key, or the one of a run that was stopped before it committed anything."""
        for name in below.list(KEYS_FOLDER):
            path = f"{KEYS_FOLDER}/{name}"
            if is_keys_file(path):
                with contextlib.suppress(DamagedError):
                    there = locks.load(below, bytes.fromhex(name.partition(".")[0]))
                    key = there.opened(secret)
                    if key is not None and not _is_of(replaces, there):
                        return cls(below, key, there, replaces=replaces)
        made, key = locks.new(secret)
        return cls(below, key, made, saved=False, replaces=replaces)

    def seal(self, line: bytes) -> bytes:
        """A line of a file beside the index, encrypted."""
        return seal_line(self.key, self.locks.identity, line)

    def unseal(self, line: bytes) -> bytes:
        """The line that was sealed, by the key of now or by one that is still there; one that never
        was sealed as it is. Raises ValueError, SecretError, DamagedError.
        """
        identity = sealed_by(line)
        if not identity:
            return line
        if identity == self.locks.identity:
            return unseal_line(self.key, line)
        return Encrypted.opened(self.below, identity).unseal(line)

    @property
    def place(self) -> str:
        return self.below.place

    def read(self, name: str, most: int) -> bytes:
        if _is_clear(name):
            return self.below.read(name, most)
        raw = self.below.read(name, sealed_size(most + BLOCK))
        try:
            found = self._reader(name, pa.py_buffer(raw))
            data = found.get(0, found.size)
        except DamagedError as error:
            if name != MANIFEST_FILE:
                raise
            advice = "put a copy back, or remove it and build it anew: lepton-index build --encrypt"
            raise AlteredError(error.message, advice=advice) from None
        if found.size > most:
            raise damaged(self, name, f"has {found.size} bytes, expected at most {most}")
        if name == MANIFEST_FILE:
            seen.check(self.place, self.locks.identity, found.count)
        return data

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        found = self.parts(name, stored, whole=True)
        if found is None:
            return self.below.map(name, stored)
        return pa.py_buffer(found.get(0, found.size))

    def parts(self, name: str, stored: StoredFile | None, *, whole: bool) -> Reader | None:
        if _is_clear(name):
            return None
        found = self._lying(name, stored)
        if stored and found.size == stored.size and found.stored != stored:
            raise damaged(self, name, "is another file than the manifest names")
        return found

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Sink]:
        if _is_clear(name):
            with self.below.put(name) as file:
                yield file
            return
        self.save_locks()
        with self.below.put(name) as raw:
            writer = Writer(raw.write, self.key, self.locks.identity, _last(name), 0)
            file = Sink(writer.write)
            yield file
            writer.close(file.stored)

    def list(self, folder: str) -> list[str]:
        return self.below.list(folder)

    def rename(self, folder: str, to: str) -> None:
        self.below.rename(folder, to)

    def remove(self, name: str) -> None:
        self.below.remove(name)

    def swap(self, name: str, data: bytes, before: str) -> None:
        count, there, raw = 0, "", ""
        with contextlib.suppress(FileNotFoundError):
            lies = self.below.map(name)
            raw = digest(lies)
            if self._replaces is None:
                found = self._reader(name, lies)
                count, there = found.count, digest(found.get(0, found.size))
            else:
                there = digest(self._replaces.map(name))
        if there != before:
            raise swapped(self.place)
        sealed = bytearray()
        writer = Writer(sealed.extend, self.key, self.locks.identity, name, count + 1)
        writer.write(data)
        writer.close(StoredFile(len(data), digest(data)))
        self.save_locks()
        self.below.swap(name, bytes(sealed), raw)
        self._replaces = None
        seen.note(self.place, self.locks.identity, count + 1)

    def lock(self) -> AbstractContextManager[None]:
        return self.below.lock()

    def save_locks(self) -> None:
        """Have the locks of a new key lie there, before any file that it is for."""
        if not self._saved:
            self.locks.save(self.below)
            self._saved = True

    def relock(self, kept: locks.Locks) -> None:
        """Change the locks. No other file is written."""
        self.locks = kept
        kept.save(self.below)

    def forget_others(self) -> None:
        """Remove the locked keys that no file needs any more."""
        for name in self.below.list(KEYS_FOLDER):
            path = f"{KEYS_FOLDER}/{name}"
            if is_keys_file(path) and path != keys_file(self.locks.identity):
                self.below.remove(path)

    def _lying(self, name: str, stored: StoredFile | None) -> Reader:
        """A file as it lies there. One from elsewhere is kept, encrypted as it is, by what it is to
        hold: that it holds it, its end proves, and each of its blocks that it is whole.
        """
        if stored is None or not is_far(self.place):
            return self._reader(name, self.below.map(name))
        told = self.locks.identity + f"{_last(name)} {stored.digest}".encode()
        as_kept = StoredFile(sealed_size(stored.size), f"sha256:{sha256(told).hexdigest()}")
        cache = Cache(private("objects"), size_limit())
        with contextlib.suppress(DamagedError):
            if (kept := cache.map(as_kept)) is not None:
                return self._reader(name, kept)
        lies = self.below.map(name)
        found = self._reader(name, lies)
        if found.stored == stored:
            with cache.put(as_kept) as file:
                file.write(lies)
        return found

    def _reader(self, name: str, data: pa.Buffer) -> Reader:
        wrong = partial(damaged, self, name)
        return Reader(data, self.key, self.locks.identity, _last(name), wrong)


def _last(name: str) -> str:
    """A name without its folders, which are given another one once all is written."""
    return name.rpartition("/")[2]


def _is_clear(name: str) -> bool:
    return name in (LOCK_FILE, IGNORE_FILE) or is_keys_file(name)


def _is_of(replaced: Storage | None, kept: locks.Locks) -> bool:
    return isinstance(replaced, Encrypted) and replaced.locks.identity == kept.identity
