"""What another process, perhaps on another machine, needs to open the storage that is open here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_local.errors import InputError
from lepton_local.store.bundle import Bundle
from lepton_local.store.folder import Folder
from lepton_local.store.keys import RING
from lepton_local.store.names import BUNDLE, is_far
from lepton_local.store.place import stored_at
from lepton_local.store.storage import Storage

if TYPE_CHECKING:
    from lepton_local.store.encrypted import Encrypted


@dataclass(frozen=True, slots=True, order=True)
class Ticket:
    """A place that each of them sees, as it is called everywhere."""

    place: str
    identity: bytes = b""  # of the key that it is encrypted by: never the key itself
    key_file: str = ""  # which opens it, and lies at the same place for each of them

    @property
    def paths(self) -> list[str]:
        """The files and folders that must be there."""
        file, _, index = self.place.partition(f"{BUNDLE}#")
        lies = [] if is_far(self.place) else [f"{file}{BUNDLE}" if index else self.place]
        return [*lies, *([self.key_file] if self.key_file else [])]

    def open(self) -> Storage:
        """The storage. Raises InputError, SecretError, DamagedError."""
        below = stored_at(self.place)
        if not self.identity:
            return below
        from lepton_local.store.encrypted import Encrypted  # it is an extra

        with RING.looking(Path(self.key_file)):
            return Encrypted.opened(below, self.identity)


def ticket(storage: Storage) -> Ticket:
    """What opens this storage elsewhere. Raises InputError for what one process has in its memory,
    and for an encrypted one whose key no file holds.
    """
    sealed = _encrypted(storage)
    below = storage if sealed is None else sealed.below
    if is_far(below.place):
        place = below.place
    elif isinstance(below, Folder | Bundle):
        place = os.path.abspath(below.place)
        place += f"#{below.index}" if isinstance(below, Bundle) else ""
    else:
        raise InputError(
            f"{storage.place} is in one process alone, expected a place that all machines see",
            advice="leave out --ray",
        )
    if sealed is None:
        return Ticket(place)
    if RING.file is None:
        raise InputError(
            f"{storage.place} is encrypted, and a passphrase or a keyring opens it on one machine "
            "alone, expected a key file that lies at the same place on all",
            advice=f"lepton-index encrypt {storage.place} --add-key-file FILE, "
            "then add --key-file FILE",
        )
    sealed.save_locks()
    return Ticket(place, sealed.locks.identity, str(RING.file.absolute()))


def _encrypted(storage: Storage) -> Encrypted | None:
    if find_spec("cryptography") is None:
        return None
    from lepton_local.store.encrypted import Encrypted  # as above

    return storage if isinstance(storage, Encrypted) else None
