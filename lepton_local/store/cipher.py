"""How the bytes of an encrypted file lie: a clear head, blocks of 64 KiB, and an end.

    head    magic, identity of the index's key, salt, count of replacements       56 bytes
    block   up to 65,536 bytes by AES-256-GCM and its tag of 16                   any number
    end     size and SHA-256 of what was written, encrypted in the same way       56 bytes

The key of a file is derived (HKDF-SHA256) from the index's key, a salt of its own, its head and its
name, so no block of another file, of another name or under another head opens. Each block is bound
to its number, and the last to being the last. The end tells, before any block is read, whether a
file is whole and is the one that the manifest names.
"""

from __future__ import annotations

import contextlib
import os
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pyarrow as pa

from lepton_local.errors import DamagedError, extra
from lepton_local.store.keys import HEAD, MAGIC
from lepton_local.store.parts import Span
from lepton_local.store.storage import StoredFile

with extra("crypt", "an encrypted index"):
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BLOCK = 1 << 16
KEPT = 8  # blocks of a file that was read a little of
KEY = 32  # bytes of a key
IDENTITY = 8  # of what a key is called
_TAG, _NONCE = 16, 12
_END = struct.Struct(">Q32s")
_PLACE = struct.Struct(">QB")  # a block's number, and what it is: see below
_INNER, _LAST, _CLOSING = 0, 1, 2
END = _END.size + _TAG


def derived(key: bytes, purpose: bytes, salt: bytes = b"") -> bytes:
    """A key for one purpose (RFC 5869)."""
    return HKDF(SHA256(), KEY, salt or None, purpose).derive(key)


def sealed_size(size: int) -> int:
    """Bytes on the disk of a file of `size` bytes."""
    return HEAD.size + size + -(-size // BLOCK) * _TAG + END


class Writer:
    """Encrypts one file as its bytes come."""

    def __init__(
        self, write: Callable[[Any], object], key: bytes, identity: bytes, name: str, count: int
    ) -> None:
        """key: the index's, of this identity (8 bytes); name: the file's, without its folders;
        count: how often it has been replaced.
        """
        head = HEAD.pack(MAGIC, identity, os.urandom(32), count)
        write(head)
        self._write, self._cipher = write, _cipher(key, head, name)
        self._held, self._number = bytearray(), 0

    def write(self, data: Any) -> None:
        """The next bytes; a block is written once it is known whether it is the last."""
        rest = memoryview(data).cast("B")
        while len(self._held) + len(rest) > BLOCK:
            taken = BLOCK - len(self._held)
            self._block(bytes(self._held) + rest[:taken] if self._held else rest[:taken], _INNER)
            self._held.clear()
            rest = rest[taken:]
        self._held += rest

    def close(self, stored: StoredFile) -> None:
        """The last bytes, and what has been written in all."""
        if self._held:
            self._block(self._held, _LAST)
        digest = bytes.fromhex(stored.digest.removeprefix("sha256:"))
        self._block(_END.pack(stored.size, digest), _CLOSING)

    def _block(self, data: Any, kind: int) -> None:
        self._write(self._cipher.encrypt(_nonce(self._number), data, _bound(self._number, kind)))
        self._number += 1


class Reader:
    """An encrypted file, of which the blocks that are asked for are decrypted, into memory alone.

    The first look at it is at its end; `damaged` makes the error of what is wrong with it.
    """

    def __init__(
        self,
        data: pa.Buffer,
        key: bytes,
        identity: bytes,
        name: str,
        damaged: Callable[[str], DamagedError],
    ) -> None:
        """data: the whole file; key, identity and name as in `Writer`. Raises DamagedError."""
        self._data, self._damaged = memoryview(data).cast("B"), damaged
        if data.size < HEAD.size + END or self._data[: len(MAGIC)] != MAGIC:
            raise damaged("is not encrypted, expected a file that is")
        head = bytes(self._data[: HEAD.size])
        _, its, _, self.count = HEAD.unpack(head)
        if its != identity:
            raise damaged("is encrypted by another key than the index")
        self._cipher = _cipher(key, head, name)
        body = data.size - HEAD.size - END
        self._blocks = -(-body // (BLOCK + _TAG))
        self.size = body - self._blocks * _TAG
        sealed = self._data[-END:]
        try:
            bound = _bound(self._blocks, _CLOSING)
            told = self._cipher.decrypt(_nonce(self._blocks), sealed, bound)
        except InvalidTag:
            raise damaged("was cut or altered, or is another file of the index") from None
        size, digest = _END.unpack(told)
        self.stored = StoredFile(size, f"sha256:{digest.hex()}")
        self._kept = lru_cache(KEPT)(self._block)  # columns of few bytes stand side by side

    def want(self, spans: Iterable[Span]) -> bool:
        """Any number of bytes may be read."""
        return True

    def get(self, first: int, size: int) -> bytes:
        """Some bytes. Raises DamagedError."""
        numbers = range(first // BLOCK, -(-(first + size) // BLOCK))
        if len(numbers) <= KEPT:
            clear = b"".join(map(self._kept, numbers))
        else:
            clear = b"".join(map(self._block, numbers))
        begin = first - numbers.start * BLOCK
        return clear if len(clear) == size else clear[begin : begin + size]

    def _block(self, number: int) -> bytes:
        begin = HEAD.size + number * (BLOCK + _TAG)
        sealed = self._data[begin : begin + min(BLOCK, self.size - number * BLOCK) + _TAG]
        bound = _bound(number, _LAST if number == self._blocks - 1 else _INNER)
        try:
            return self._cipher.decrypt(_nonce(number), sealed, bound)
        except InvalidTag:
            raise self._damaged(f"is damaged in block {number + 1} of {self._blocks}") from None


def seal_line(key: bytes, identity: bytes, line: bytes) -> bytes:
    """A line of a file to which lines are added: it is bound to none of the others."""
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(derived(key, b"line")).encrypt(nonce, line, identity)
    return b64encode(identity + nonce + sealed)


def sealed_by(line: bytes) -> bytes:
    """The identity of the key that a line is sealed by; b"" of another line."""
    with contextlib.suppress(ValueError):
        return b64decode(line, validate=True)[:IDENTITY]
    return b""


def unseal_line(key: bytes, line: bytes) -> bytes:
    """Raises ValueError for a line that has been altered."""
    raw = b64decode(line, validate=True)
    identity, nonce, sealed = raw[:IDENTITY], raw[IDENTITY:][:_NONCE], raw[IDENTITY + _NONCE :]
    try:
        return AESGCM(derived(key, b"line")).decrypt(nonce, sealed, identity)
    except InvalidTag:
        raise ValueError("altered") from None


def _cipher(key: bytes, head: bytes, name: str) -> AESGCM:
    return AESGCM(derived(key, b"file " + name.encode(), salt=head))


def _nonce(number: int) -> bytes:
    """Never twice by one key: every file has its own."""
    return number.to_bytes(_NONCE, "big")


def _bound(number: int, kind: int) -> bytes:
    return _PLACE.pack(number, kind)
