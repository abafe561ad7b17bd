"""An index in an object store that speaks S3.

There is no lock that machines share: two writers may work at once, and the manifest, put on the
condition that nobody has put another since it was read, is that of one of them. The other is told.
All else is named by its content, put whole, and never changed.

What is written is whole on this disk before any of it is sent. What is read is brought into a cache
and proved by its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from lepton_local.errors import DamagedError, LockedError, StoreError
from lepton_local.store import names, parts
from lepton_local.store.cache import Cache, private, size_limit
from lepton_local.store.files import json_text, remove
from lepton_local.store.folder import Folder
from lepton_local.store.manifest import MOST
from lepton_local.store.names import ENTRY_FILE, FIELD_FILE, LOCK_FILE, MANIFEST_FILE, UNNAMED_FILE
from lepton_local.store.objects import Objects, Taken
from lepton_local.store.parts import Parts
from lepton_local.store.storage import Sink, StoredFile, damaged, digest, locked, swapped
from lepton_local.store.typed import parsed

DAY = 24 * 3600.0
TRIES = 4  # to put a manifest: what comes of such a request is looked at each time
_MOST_UNNAMED = 1 << 26


class Remote:
    """A place "s3://bucket/prefix"."""

    def __init__(self, place: str, *, kept: float = DAY) -> None:
        """kept: seconds from when a file is first found to be unnamed until it is removed. Raises
        InputError and StoreError, and asks nobody anything.
        """
        self._objects = Objects(place)
        self._kept = kept
        self._cache = Cache(private("objects"), size_limit())
        own = f"{self._objects.server.endpoint} {self.place}"
        self._written = Folder(private("written") / hashlib.sha256(own.encode()).hexdigest()[:16])
        self._stored: dict[str, StoredFile] = {}  # what was written and not sent yet
        self._put: set[str] = set()  # what this writer has sent, or tried to
        self._unwanted: set[str] = set()

    @property
    def place(self) -> str:
        return self._objects.place

    def read(self, name: str, most: int) -> bytes:
        data, _ = self._objects.read(name, most)
        if len(data) > most:
            raise damaged(self, name, f"has more than {most} bytes")
        return data

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        if names.is_half(name):
            return self._written.map(name)
        if stored is None:
            size = self._objects.size(name)
            return self._cache.passing(lambda file: self._bring(name, size, file))
        for _ in range(3):  # another process may have no room for it
            if (found := self._cache.map(stored)) is not None:
                return found
            with self._cache.put(stored) as kept:
                came = self._bring(name, stored.size, kept)
                if came != stored:
                    raise damaged(self, name, f"has {came.digest}, expected {stored.digest}")
        raise StoreError(f"{name} does not stay in the cache", advice="set LEPTON_CACHE_GIB higher")

    def parts(self, name: str, stored: StoredFile | None, *, whole: bool) -> Parts | None:
        if whole or stored is None:
            return None
        if stored.size < parts.LEAST or self._cache.map(stored) is not None:
            return None
        return Parts(stored.size, partial(self._objects.ranges, name))

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Sink]:
        with self._written.put(name) as file:
            yield file
        self._stored[name] = file.stored
        if not names.is_half(name):
            self._send(name, name)

    def list(self, folder: str) -> list[str]:
        """A store may be slow to list what has come; what this writer has put is there."""
        start = f"{folder}/" if folder else ""
        own = (each.removeprefix(start) for each in self._put if each.startswith(start))
        return sorted({*self._objects.list(folder), *(each.partition("/")[0] for each in own)})

    def rename(self, folder: str, to: str) -> None:
        """Send a folder. Where one has the name its files, which are the same, are sent again: the
        writer that began it may have died midway.
        """
        notes = (ENTRY_FILE, FIELD_FILE)  # last: whoever finds one finds all that it tells of
        for name in sorted(self._written.list(folder), key=lambda name: name in notes):
            self._send(f"{folder}/{name}", f"{to}/{name}")
        self._written.remove(folder)

    def remove(self, name: str) -> None:
        """Of a finished file it is noted that nobody names it, which counts once the lock is let
        go: readers of an older generation have a day to bring what they need.
        """
        parent, _, last = name.rpartition("/")
        if names.is_half(f"{name}/"):
            self._written.remove(name)
        elif not names.is_folder(parent, last):
            self._unwanted.add(name)

    def swap(self, name: str, data: bytes, before: str) -> None:
        """Put a file on the condition that the one it replaces has not changed. Where no answer
        came, or one that another was there first, what lies there tells who won.
        """
        last: StoreError = swapped(self.place)
        for _ in range(TRIES):
            there, tag = self._current(name)
            if there != before and there != digest(data):
                raise swapped(self.place)
            try:
                if there == before:
                    self._objects.put_if(name, data, tag)
            except Taken:
                continue
            except StoreError as error:
                last = error
            else:
                self._put.add(name)
                return
        raise last

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Be the one writer on this machine. Raises StoreError for a store that takes no
        conditional writes: there two could win.
        """
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(self._written.lock())
            except LockedError:
                raise locked(self.place) from None
            held.callback(self._forget)
            self._forget()
            self._check_conditions()
            held.callback(self._sweep)
            yield

    def _check_conditions(self) -> None:
        """An empty file says that an index was begun; it can be put once."""
        for _ in range(2):
            try:
                self._objects.put_if(LOCK_FILE, b"", "")
            except Taken:
                return
            self._put.add(LOCK_FILE)
        raise StoreError(
            f"{self._objects.server.shown} takes no conditional writes, so that two writers could "
            "both win, expected a store that heeds If-None-Match",
            advice="lepton-index build FOLDER --out INDEX, on a disk",
        )

    def _forget(self) -> None:
        """Nothing of an earlier run, or of this one, is left to send."""
        for name in self._written.list(""):
            if name != LOCK_FILE:
                remove(self._written.root / name)
        self._stored.clear()

    def _sweep(self) -> None:
        """Remove what nobody names: what this writer has put at once, since no generation ever
        named it; anything else a day after it was first noted.
        """
        now, unwanted = time.time(), self._unwanted
        with contextlib.suppress(StoreError):  # another time
            noted = self._noted() if MANIFEST_FILE in self._put else {}
            gone = {
                name
                for name in unwanted
                if name in self._put or now - noted.get(name, now) > self._kept
            }
            if self._put - gone <= {LOCK_FILE}:
                gone |= self._put  # nothing came of it
            if gone:
                self._objects.remove(sorted(gone))
            left = {name: noted.get(name, now) for name in unwanted - gone}
            if MANIFEST_FILE in self._put and left != noted:
                self._objects.put(UNNAMED_FILE, json_text(left).encode())
        self._put, self._unwanted = set(), set()

    def _noted(self) -> dict[str, float]:
        """Since when files have had no name in a manifest, as far as it was noted."""
        try:
            found = parsed(self.read(UNNAMED_FILE, _MOST_UNNAMED))
            return {str(name): float(since) for name, since in found.items()}
        except (FileNotFoundError, DamagedError, ValueError, TypeError, AttributeError):
            return {}

    def _current(self, name: str) -> tuple[str, str]:
        """The digest and the tag of the file that is there, "" and "" where none is."""
        try:
            data, tag = self._objects.read(name, MOST)
        except FileNotFoundError:
            return "", ""
        return digest(data), tag

    def _send(self, name: str, to: str) -> None:
        path = self._written.root / name
        self._put.add(to)  # it may be there, though no answer comes
        self._objects.send(to, path)
        self._cache.adopt(path, self._stored.pop(name))

    def _bring(self, name: str, size: int, into: Sink) -> StoredFile:
        for piece in self._objects.pieces(name, size):
            into.write(piece)
        return into.stored
