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
import mmap
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from lepton_local.errors import DamagedError, LockedError, StoreError, extra
from lepton_local.store import account, names
from lepton_local.store.cache import Cache, private, size_limit
from lepton_local.store.files import json_text, remove
from lepton_local.store.folder import Folder
from lepton_local.store.manifest import MOST
from lepton_local.store.names import ENTRY_FILE, FIELD_FILE, LOCK_FILE, MANIFEST_FILE, UNNAMED_FILE
from lepton_local.store.storage import Sink, StoredFile, damaged, digest, locked, swapped
from lepton_local.store.trouble import told
from lepton_local.store.typed import parsed

with extra("s3", "an index in an object store"):
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
    from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Credential

DAY = 24 * 3600.0
TIMEOUT = timedelta(seconds=30)  # of a request
PATIENCE = timedelta(seconds=90)  # of a request and all that are tried in its place
RETRIES = 6
TOGETHER = 4  # files that are sent at a time
_CHUNK = 4 << 20
_FRESH = timedelta(minutes=10)  # for which keys are good until they are looked up again
_MOST_UNNAMED = 1 << 26


class Remote:
    """A place "s3://bucket/prefix"."""

    def __init__(self, place: str, *, kept: float = DAY) -> None:
        """kept: seconds from when a file is first found to be unnamed until it is removed. Raises
        InputError and StoreError, and asks nobody anything.
        """
        where, self._server = account.address(place), account.server()
        self._place, self._kept = where.place, kept
        config: S3Config = {"region": self._server.region}
        if self._server.endpoint:
            config["endpoint"] = self._server.endpoint
        if self._server.signed:
            account.keys()  # where there are none, other machines would be asked for them
        else:
            config["skip_signature"] = True
        self._store = S3Store(
            where.bucket,
            prefix=where.prefix or None,
            config=config,
            client_options={
                "allow_http": self._server.endpoint.startswith("http://"),
                "timeout": TIMEOUT,
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": PATIENCE},
            credential_provider=_keys if self._server.signed else None,
        )
        self._cache = Cache(private("objects"), size_limit())
        own = hashlib.sha256(f"{self._server.endpoint} {self._place}".encode()).hexdigest()
        self._written = Folder(private("written") / own[:16])
        self._stored: dict[str, StoredFile] = {}  # what was written and not sent yet
        self._put: set[str] = set()  # what this writer has sent
        self._unwanted: set[str] = set()

    @property
    def place(self) -> str:
        return self._place

    def read(self, name: str, most: int) -> bytes:
        with self._asking(name):
            found = obstore.get(self._store, name)
            if (size := found.meta["size"]) > most:
                raise damaged(self, name, f"has {size} bytes, expected at most {most}")
            return bytes(found.bytes())

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        if names.is_half(name):
            return self._written.map(name)
        if stored is None:
            with tempfile.TemporaryFile(dir=private("objects")) as file:
                size = self._bring(name, Sink(file.write)).size
                file.flush()
                if not size:
                    return pa.py_buffer(b"")
                return pa.py_buffer(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
        for _ in range(3):  # another process may have no room for it
            if (found := self._cache.map(stored)) is not None:
                return found
            with self._cache.put(stored) as kept:
                came = self._bring(name, kept)
                if came != stored:
                    what = f"has {came.size} bytes, {came.digest}"
                    raise damaged(self, name, f"{what}, expected {stored.size}, {stored.digest}")
        raise StoreError(f"{name} does not stay in the cache", advice="set LEPTON_CACHE_GIB higher")

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
        with self._asking(folder):
            found = obstore.list_with_delimiter(self._store, folder or None)
        there = [*found["common_prefixes"], *(each["path"] for each in found["objects"])]
        there += [each for each in self._put if each.startswith(start)]
        return sorted({each.removeprefix(start).partition("/")[0] for each in there})

    def rename(self, folder: str, to: str) -> None:
        there = self._written.list(folder)
        notes = [name for name in there if name in (ENTRY_FILE, FIELD_FILE)]

        def send(name: str) -> None:
            self._send(f"{folder}/{name}", f"{to}/{name}")

        with ThreadPoolExecutor(TOGETHER) as pool:
            for _ in pool.map(send, [name for name in there if name not in notes]):
                pass
        for name in notes:  # last: whoever finds one finds all that it tells of
            send(name)
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
        """Put a file on the condition that the one it replaces has not changed. Where an answer is
        lost, or says that another was there first, what lies there tells who won.
        """
        for _ in range(3):
            there, tag = self._current(name)
            if there != before:
                raise swapped(self.place)
            try:
                with self._asking(name):
                    obstore.put(self._store, name, data, mode={"e_tag": tag} if tag else "create")
            except (AlreadyExistsError, PreconditionError, StoreError) as error:
                now, _ = self._current(name)
                if now != digest(data):
                    if now == before and isinstance(error, StoreError):
                        raise
                    continue
            self._put.add(name)
            return
        raise swapped(self.place)

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
                with self._asking(LOCK_FILE):
                    obstore.put(self._store, LOCK_FILE, b"", mode="create")
            except AlreadyExistsError:
                return
            self._put.add(LOCK_FILE)
        raise StoreError(
            f"{self._server.shown} takes no conditional writes, so that two writers could both "
            "win, expected a store that heeds If-None-Match",
            advice="lepton-index build FOLDER --out a folder",
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
                with self._asking(""):
                    obstore.delete(self._store, sorted(gone))
            left = {name: noted.get(name, now) for name in unwanted - gone}
            if MANIFEST_FILE in self._put and left != noted:
                with self._asking(UNNAMED_FILE):
                    obstore.put(self._store, UNNAMED_FILE, json_text(left).encode())
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
            with self._asking(name):
                found = obstore.get(self._store, name)
                if found.meta["size"] > MOST:
                    raise damaged(self, name, f"has {found.meta['size']} bytes")
                return digest(bytes(found.bytes())), found.meta["e_tag"] or ""
        except FileNotFoundError:
            return "", ""

    def _send(self, name: str, to: str) -> None:
        path = self._written.root / name
        with self._asking(to):
            obstore.put(self._store, to, path)
        self._put.add(to)
        self._cache.adopt(path, self._stored.pop(name))

    def _bring(self, name: str, into: Sink) -> StoredFile:
        with self._asking(name):
            for chunk in obstore.get(self._store, name).stream(_CHUNK):
                into.write(chunk)
        return into.stored

    @contextlib.contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """What comes of a request, told in a line. Conditions that do not hold pass as they are,
        and so do files that are not there.
        """
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except (BaseError, FileNotFoundError) as error:
            raise told(error, self._place, name, self._server) from None


def _keys() -> S3Credential:
    name, secret, token = account.keys()
    expires = datetime.now(UTC) + _FRESH
    return {
        "access_key_id": name,
        "secret_access_key": secret,
        "token": token or None,
        "expires_at": expires,
    }
