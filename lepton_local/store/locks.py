"""The key of an index, locked: by a passphrase, a key file, or the system's keyring. Each lock
holds the same key, so that one can be added or taken away in a moment, and no other file changes.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from lepton_local.errors import DamagedError, SecretError, extra
from lepton_local.store import keyrings
from lepton_local.store.cipher import IDENTITY, KEY, derived
from lepton_local.store.files import json_text
from lepton_local.store.keys import RING, Secret, keyless, secret_in
from lepton_local.store.names import keys_file
from lepton_local.store.storage import Storage, damaged
from lepton_local.store.typed import parsed, typed

with extra("crypt", "an encrypted index"):
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

KIND = "lepton-local keys"
PASSPHRASE, KEY_FILE, KEYRING = "passphrase", "key", "keyring"
MEMORY, PASSES, LANES = 1 << 16, 3, 1  # KiB: 0.2 s for each guess
_MOST_MEMORY, _MOST_PASSES, _MOST_LANES = 1 << 20, 64, 64
_MOST = 1 << 20  # bytes of the file
_NONCE, _SALT = 12, 16
_TRIES = 3  # of a person


@dataclass(frozen=True, slots=True)
class Lock:
    """One way to the key."""

    kind: str
    salt: str  # base64, as what follows
    wrapped: str  # nonce and AES-256-GCM of the key
    made: str = ""  # the day, ISO 8601
    memory: int = 0  # of Argon2id, in KiB; these are 0 but for a passphrase
    passes: int = 0
    lanes: int = 0


@dataclass(frozen=True, slots=True)
class Locks:
    """All ways to the key of one identity."""

    identity: bytes
    locks: tuple[Lock, ...]

    def opened(self, secret: Secret) -> bytes | None:
        """The key; None where the secret opens no lock."""
        for lock in self.locks:
            if (lock.kind == PASSPHRASE) == (not secret.is_key):
                sealed = b64decode(lock.wrapped)
                with_it = AESGCM(_opener(lock, secret.data))
                try:
                    bound = _bound(self.identity, lock)
                    return with_it.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
                except InvalidTag:
                    continue
        return None

    def added(self, key: bytes, secret: Secret, kind: str = "") -> Locks:
        """The same with one more lock."""
        lock = Lock(
            kind or secret.kind,
            b64encode(os.urandom(_SALT)).decode(),
            "",
            datetime.now(UTC).date().isoformat(),
            *((0, 0, 0) if secret.is_key else (MEMORY, PASSES, LANES)),
        )
        nonce = os.urandom(_NONCE)
        bound = _bound(self.identity, lock)
        sealed = nonce + AESGCM(_opener(lock, secret.data)).encrypt(nonce, key, bound)
        return replace(self, locks=(*self.locks, replace(lock, wrapped=b64encode(sealed).decode())))

    def without(self, numbers: Sequence[int]) -> Locks:
        """The same without some locks, counted from 1."""
        kept = [lock for at, lock in enumerate(self.locks, 1) if at not in numbers]
        return replace(self, locks=tuple(kept))

    def save(self, storage: Storage) -> None:
        """Put them where the index lies."""
        with storage.put(keys_file(self.identity)) as file:
            file.write(json_text(self.told()).encode())

    def told(self) -> dict[str, Any]:
        """What a file says of them."""
        told = {"kind": KIND, "format": 1, "identity": self.identity.hex()}
        return {**told, "locks": [asdict(lock) for lock in self.locks]}


def new(secret: Secret, kind: str = "") -> tuple[Locks, bytes]:
    """A new key, and its first lock."""
    key = os.urandom(KEY)
    return Locks(os.urandom(IDENTITY), ()).added(key, secret, kind), key


def load(storage: Storage, identity: bytes) -> Locks:
    """The locks of a key. Raises DamagedError."""
    name = keys_file(identity)
    try:
        found = read(parsed(storage.read(name, _MOST)))
        if found.identity != identity:
            raise ValueError("they are of another key")
    except FileNotFoundError:
        raise DamagedError(
            f"{storage.place} has lost the file {name}, without which nobody can read the index",
            advice="put it back from a copy of the index",
        ) from None
    except (ValueError, LookupError, TypeError) as error:
        raise damaged(storage, name, f"holds no locks ({error})") from None
    return found


def read(told: Any) -> Locks:
    """The locks that a file tells of. Raises ValueError, LookupError, TypeError."""
    if told["kind"] != KIND or told["format"] != 1:
        raise ValueError("they are of another format")
    identity = bytes.fromhex(told["identity"])
    locks = typed(tuple[Lock, ...], told["locks"])
    if len(identity) != IDENTITY:
        raise ValueError(f"their key is called {told['identity']!r:.40}")
    for lock in locks:
        _check(lock)
    return Locks(identity, locks)


def unlocked(place: str, kept: Locks) -> bytes:
    """The key of what lies at a place: one that this process has, or by what has been named, or by
    asking. Raises SecretError.
    """
    if (had := RING.get(kept.identity)) is not None:
        return had
    if RING.file is not None:
        key = kept.opened(secret_in(RING.file))
        if key is None:
            raise SecretError(
                f"{RING.file} does not open {place}, expected its key or passphrase",
                advice="name another file by --key-file",
            )
        return key
    if any(each.kind == KEYRING for each in kept.locks):
        secret = keyrings.found(kept.identity)
        key = None if secret is None else kept.opened(secret)
        if key is not None:
            return key
    if RING.ask is not None and any(each.kind == PASSPHRASE for each in kept.locks):
        for _ in range(_TRIES):
            key = kept.opened(Secret(RING.ask(place).encode(), False))
            if key is not None:
                return key
        raise SecretError(f"the passphrase does not open {place}, tried {_TRIES} times")
    raise keyless(place)


def _check(lock: Lock) -> None:
    """Raises ValueError for a lock that would take more than a passphrase is worth."""
    sizes = [len(b64decode(each, validate=True)) for each in (lock.salt, lock.wrapped)]
    if lock.kind not in (PASSPHRASE, KEY_FILE, KEYRING) or sizes != [_SALT, _NONCE + KEY + 16]:
        raise ValueError(f"a lock of kind {lock.kind[:20]!r}, of {sizes} bytes")
    if lock.kind == PASSPHRASE and not (
        1 <= lock.lanes <= _MOST_LANES
        and 8 * lock.lanes <= lock.memory <= _MOST_MEMORY
        and 1 <= lock.passes <= _MOST_PASSES
    ):
        raise ValueError(f"{lock.memory} KiB, {lock.passes} passes")


def _opener(lock: Lock, secret: bytes) -> bytes:
    """The key of a lock: from a passphrase by Argon2id (RFC 9106), from a key by HKDF."""
    salt = b64decode(lock.salt)
    if lock.kind != PASSPHRASE:
        return derived(secret, b"lock", salt)
    made = Argon2id(
        salt=salt,
        length=KEY,
        iterations=lock.passes,
        lanes=lock.lanes,
        memory_cost=lock.memory,
    )
    return made.derive(secret)


def _bound(identity: bytes, lock: Lock) -> bytes:
    return identity + lock.kind.encode()
