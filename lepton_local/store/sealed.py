"""A small file that is encrypted as a whole, such as that of a server's tokens. It holds a key of
its own, locked, and what that key opens.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lepton_local.errors import DamagedError
from lepton_local.store import files, locks, seen
from lepton_local.store.beside import ALONE
from lepton_local.store.cipher import seal_line, unseal_line
from lepton_local.store.keys import RING, SEALED, Secret

_COUNT = struct.Struct(">Q")  # how often it has been written


@dataclass(frozen=True, slots=True)
class Box:
    """What such a file is locked by."""

    locks: locks.Locks
    key: bytes
    count: int = 0  # of writings


def new_box(secret: Secret) -> Box:
    """What is to lock a file."""
    made, key = locks.new(secret)
    RING.keep(made.identity, key)
    return Box(made, key)


def opened(path: Path, told: Any) -> tuple[Box, bytes]:
    """What locks a file, and what is in it. told: its JSON. Raises SecretError, DamagedError, and
    AlteredError for an older copy of what was read here.
    """
    try:
        its = locks.read(told["keys"])
        key = locks.unlocked(str(path), its)
        data = unseal_line(key, told["sealed"].encode())
        (count,) = _COUNT.unpack(data[: _COUNT.size])
    except (ValueError, LookupError, TypeError, AttributeError, struct.error) as error:
        raise DamagedError(
            f"{path} was altered ({error}), expected a file as it was written",
            advice="put a copy back, or remove it and begin a new one",
        ) from None
    RING.keep(its.identity, key)
    seen.check(str(path), its.identity, count)
    return Box(its, key, count), data[_COUNT.size :]


def write(path: Path, box: Box, data: bytes) -> None:
    """Put a file there, for the eyes of its owner alone, that holds this."""
    new = replace(box, count=box.count + 1)
    line = seal_line(new.key, new.locks.identity, _COUNT.pack(new.count) + data)
    told = {"kind": SEALED, "keys": new.locks.told(), "sealed": line.decode()}
    with files.writing(path, mode=ALONE) as file:
        file.write(files.json_text(told).encode())
    seen.note(str(path), new.locks.identity, new.count)
