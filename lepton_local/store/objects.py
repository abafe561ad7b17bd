"""The objects of a bucket below a prefix, and what comes of each request, told in a line. This file
is the one that imports obstore.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lepton_local.errors import InputError, extra
from lepton_local.store import account
from lepton_local.store.trouble import broke_off, told

with extra("s3", "an index in an object store"):
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
    from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Credential

Kind = TypeVar("Kind")

ANSWER = timedelta(seconds=30)  # for a request that sends little and gets a piece at most
SENDING = timedelta(minutes=4)  # for one that sends a piece
PATIENCE = timedelta(minutes=2)  # for a request and all that are made in its place
RETRIES = 6
PIECE = 8 << 20  # bytes of a file that are brought by one request,
PART = 8 << 20  # or sent: no less than 5 MiB
TOGETHER = 4  # pieces at a time
_FRESH = timedelta(minutes=10)  # for which keys are good until they are looked up again


class Taken(Exception):
    """A condition does not hold: something else is there than was expected."""


class Objects:
    """What lies at s3://bucket/prefix."""

    def __init__(self, place: str) -> None:
        """Raises InputError, and asks nobody anything."""
        where, self.server = account.address(place), account.server()
        self.place, self._bucket, self._prefix = where.place, where.bucket, where.prefix
        if self.server.signed:
            account.keys()
        self._store, self._sender = self._opened(ANSWER), self._opened(SENDING)

    def read(self, name: str, most: int) -> tuple[bytes, str]:
        """A whole object and the tag of its version; of one of more than `most` bytes, only its
        first `most` + 1. Raises FileNotFoundError and StoreError.
        """

        def request() -> tuple[bytes, str]:
            found = obstore.get(self._store, name)
            tag = found.meta["e_tag"] or ""
            if found.meta["size"] > most:
                found = obstore.get(self._store, name, options={"range": (0, most + 1)})
            return bytes(found.bytes()), tag

        return self._ask(name, request)

    def size(self, name: str) -> int:
        """Its bytes. Raises FileNotFoundError and StoreError."""
        return self._ask(name, lambda: obstore.head(self._store, name)["size"])

    def ranges(self, name: str, starts: Sequence[int], lengths: Sequence[int]) -> list[bytes]:
        """Parts of it, some at a time. Raises as above."""

        def request() -> list[bytes]:
            found = obstore.get_ranges(
                self._store, name, starts=starts, lengths=lengths, coalesce=0
            )
            return list(map(bytes, found))

        return self._ask(name, request)

    def pieces(self, name: str, size: int) -> Iterator[bytes]:
        """All of it, which has so many bytes. Raises as above."""
        for first in range(0, size, PIECE * TOGETHER):
            starts = range(first, min(first + PIECE * TOGETHER, size), PIECE)
            yield from self.ranges(name, starts, [min(PIECE, size - each) for each in starts])

    def list(self, folder: str) -> list[str]:
        """The names in a folder. Raises StoreError."""
        start = f"{folder}/" if folder else ""
        found = self._ask(folder, lambda: obstore.list_with_delimiter(self._store, folder or None))
        there = [*found["common_prefixes"], *(each["path"] for each in found["objects"])]
        return [each.removeprefix(start).partition("/")[0] for each in there]

    def send(self, name: str, path: Path) -> None:
        """Put a file of this disk; nobody sees it before it is whole. Raises StoreError."""
        self._ask(
            name,
            lambda: obstore.put(
                self._sender, name, path, chunk_size=PART, max_concurrency=TOGETHER
            ),
        )

    def put(self, name: str, data: bytes) -> None:
        """Put an object. Raises StoreError."""
        self._ask(name, lambda: obstore.put(self._sender, name, data))

    def put_if(self, name: str, data: bytes, tag: str) -> None:
        """Put an object where the one of that version is, "" for none. Raises Taken where another
        one is, perhaps put by this very request, and StoreError.
        """
        mode: obstore.PutMode = {"e_tag": tag} if tag else "create"
        self._ask(name, lambda: obstore.put(self._sender, name, data, mode=mode))

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects, those that are there. Raises StoreError."""
        self._ask("", lambda: obstore.delete(self._store, names))

    def _opened(self, timeout: timedelta) -> S3Store:
        config: S3Config = {"region": self.server.region}
        if self.server.endpoint:
            config["endpoint"] = self.server.endpoint
        if not self.server.signed:
            config["skip_signature"] = True
        try:
            return S3Store(
                self._bucket,
                prefix=self._prefix or None,
                config=config,
                client_options={
                    "allow_http": self.server.endpoint.startswith("http://"),
                    "timeout": timeout,
                },
                retry_config={"max_retries": RETRIES, "retry_timeout": PATIENCE},
                # Without one, it would look for keys by itself, on other machines too.
                credential_provider=_keys if self.server.signed else _no_keys,
            )
        except (BaseError, ValueError):  # it may show what it was given
            raise InputError(
                f"{self.server.shown} cannot be asked with what AWS_… variables say, expected an "
                "address such as https://host, and a region",
                advice="set AWS_ENDPOINT_URL and AWS_REGION",
            ) from None

    def _ask(self, name: str, request: Callable[[], Kind]) -> Kind:
        """What a request gives. An answer that breaks off is asked for once more: the library does
        so for most others that fail.
        """
        for left in (1, 0):
            try:
                return _apart(request)
            except (AlreadyExistsError, PreconditionError):
                raise Taken from None
            except (BaseError, FileNotFoundError) as error:
                if not left or not broke_off(error):
                    raise told(error, self.place, name, self.server) from None
        raise AssertionError


def _apart(request: Callable[[], Kind]) -> Kind:
    """What a request gives, in a thread of its own: the library looks at no signal while it waits,
    and Ctrl-C is not to wait for a store that does not answer.
    """
    if threading.current_thread() is not threading.main_thread():
        return request()
    coming: Future[Kind] = Future()

    def run() -> None:
        try:
            coming.set_result(request())
        except BaseException as error:
            coming.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return coming.result()


def _keys() -> S3Credential:
    name, secret, token = account.keys()
    expires = datetime.now(UTC) + _FRESH
    return {
        "access_key_id": name,
        "secret_access_key": secret,
        "token": token or None,
        "expires_at": expires,
    }


def _no_keys() -> S3Credential:
    return {"access_key_id": "", "secret_access_key": "", "token": None, "expires_at": None}
