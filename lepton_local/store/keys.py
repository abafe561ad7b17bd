"""The keys of encrypted indexes that this process has unlocked, and where it looks for more: in a
file that somebody has named, or with the person who sits there. Importing this imports nothing.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lepton_local.errors import InputError, SecretError
from lepton_local.store import files

KEY_FILE = "LEPTON_KEY_FILE"
# The clear head of an encrypted file: magic, identity of the key, salt, count of replacements.
HEAD = struct.Struct(">8s8s32sQ")
MAGIC = b"lepton\x01\n"
SEALED = "lepton-local sealed file"  # begins a small one that is encrypted as a whole
_MOST = 1 << 16  # bytes of a key file
_MADE = b"lepton-key-1 "  # begins a key file that was made here
_HEX = 64
_DUMPABLE = 4  # PR_SET_DUMPABLE


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a lock."""

    data: bytes
    is_key: bool  # 32 random bytes; else words, which are to be made hard to guess
    source: str = ""  # the file that it stands in

    @property
    def kind(self) -> str:
        """The kind of lock that it opens."""
        return "key" if self.is_key else "passphrase"


class Ring:
    """The keys of this process, by their identity; each stays until it ends."""

    def __init__(self) -> None:
        self._keys: dict[bytes, bytes] = {}
        self._file: Path | None = None
        self._ask: Callable[[str], str] | None = None

    @property
    def file(self) -> Path | None:
        """The key file that was named, by a command or by `LEPTON_KEY_FILE`."""
        told = os.environ.get(KEY_FILE)
        return self._file or (Path(told) if told else None)

    @property
    def ask(self) -> Callable[[str], str] | None:
        """Asks a person for the passphrase of the index at a place; None where nobody sits."""
        return self._ask

    @contextlib.contextmanager
    def looking(self, file: Path) -> Iterator[None]:
        """Open indexes by this key file, for as long as the block lasts."""
        before, self._file = self._file, file
        try:
            yield
        finally:
            self._file = before

    @contextlib.contextmanager
    def asking(self, ask: Callable[[str], str] | None) -> Iterator[None]:
        """Ask for passphrases in this way, or not at all, for as long as the block lasts."""
        before, self._ask = self._ask, ask
        try:
            yield
        finally:
            self._ask = before

    def get(self, identity: bytes) -> bytes | None:
        """A key that has been unlocked."""
        return self._keys.get(identity)

    def keep(self, identity: bytes, key: bytes) -> None:
        """Keep a key; from now on this process leaves no image of its memory behind."""
        _undumpable()
        self._keys[identity] = key


RING = Ring()


def secret_in(path: Path) -> Secret:
    """What a key file holds: a key that was made here, or else a passphrase. Raises InputError."""
    try:
        data = files.read_named(path, _MOST + 1).strip()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({(error.strerror or str(error)).lower()}), expected a key file"
        ) from None
    if not 0 < len(data) <= _MOST:
        raise InputError(f"{path} has {len(data)} bytes, expected a key or a passphrase")
    if data.startswith(_MADE):
        with contextlib.suppress(ValueError):
            key = bytes.fromhex(data.removeprefix(_MADE).decode("ascii", "replace"))
            if len(key) * 2 == _HEX:
                return Secret(key, True, str(path))
        raise InputError(f"{path} holds no whole key, expected {_HEX} digits behind its first word")
    return Secret(data, False, str(path))


def make_key_file(path: Path) -> Secret:
    """Make a key file, which its owner alone can read, where none is."""
    key = os.urandom(_HEX // 2)
    with files.writing(path, mode=0o600) as file:
        file.write(_MADE + key.hex().encode() + b"\n")
    return Secret(key, True, str(path))


def identity_in(head: bytes) -> bytes:
    """The identity of the key that a file is encrypted by, told by its first bytes; b"" of one that
    is not encrypted.
    """
    if len(head) < HEAD.size or not head.startswith(MAGIC):
        return b""
    return bytes(HEAD.unpack(head[: HEAD.size])[1])


def keyless(place: str) -> SecretError:
    """Nothing was found that opens an index."""
    return SecretError(
        f"{place} is encrypted, expected its key",
        advice=f"add --key-file FILE, or set {KEY_FILE}",
    )


def _undumpable() -> None:
    """No core dump, and no other process of this user looks into the memory."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DUMPABLE, 0, 0, 0, 0)
