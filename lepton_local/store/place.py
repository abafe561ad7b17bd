"""The one place where what people type becomes a storage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lepton_local.errors import InputError, StoreError
from lepton_local.store.folder import Folder
from lepton_local.store.keys import HEAD, RING, identity_in
from lepton_local.store.names import BUNDLE, KEYS_FOLDER, MANIFEST_FILE, is_far
from lepton_local.store.storage import Storage

if TYPE_CHECKING:
    from lepton_local.store.encrypted import Encrypted


def storage_at(place: str | Path | Storage) -> Storage:
    """The storage at a place: a folder, a place in an object store ("s3://bucket/index"), or an
    index in a bundle ("all.lepton", "all.lepton#work"), unless it is a storage already. An
    encrypted index is opened with its key, which is looked for where `RING` says.

    Raises InputError for another address, SecretError. Of an object store nothing is asked, unless
    a key file has been named.
    """
    if not isinstance(place, str | Path):
        return place
    return opened(stored_at(place))


def opened(storage: Storage) -> Storage:
    """The same storage, if nothing in it is encrypted; else what decrypts it."""
    return decrypted(storage) or storage


def decrypted(storage: Storage) -> Encrypted | None:
    """What decrypts a storage; None where nothing in it is encrypted. Raises SecretError."""
    if is_far(storage.place) and RING.file is None:
        return None
    identity = encrypted_by(storage)
    if not identity:
        return None
    from lepton_local.store.encrypted import Encrypted  # few indexes are, and it is an extra

    return Encrypted.opened(storage, identity)


def encrypted_by(storage: Storage) -> bytes:
    """The identity of the key that an index is encrypted by; b"" where it is not."""
    try:
        if not storage.list(KEYS_FOLDER):
            return b""
        found = storage.map(MANIFEST_FILE)
        return identity_in(found.slice(0, min(HEAD.size, found.size)).to_pybytes())
    except (OSError, StoreError):  # whoever opens it will be told
        return b""


def is_encrypted(place: str | Path) -> bool:
    """Whether an index that this process has opened is encrypted."""
    return bool(encrypted_by(stored_at(place)))


def stored_at(place: str | Path) -> Storage:
    """The storage at a place, as it lies there."""
    if is_far(str(place)):
        return _far(str(place))
    file, _, index = str(place).partition("#")
    if file.endswith(BUNDLE) and os.path.isfile(file):
        from lepton_local.store.bundle import Bundle  # few indexes lie in one

        return Bundle(Path(file), index)
    return Folder(Path(place))


def _far(place: str) -> Storage:
    told = urlsplit(place)
    if told.scheme == "file" and told.netloc in ("", "localhost") and told.path.startswith("/"):
        return Folder(Path(unquote(told.path)))
    if told.scheme == "s3":
        from lepton_local.store.remote import Remote  # it brings a library with it

        return Remote(place)
    raise InputError(
        f"{told.scheme[:20]}:// is no place for an index, expected s3://BUCKET/PREFIX, "
        "file:///PATH or a folder",
        advice="lepton-index build FOLDER --out INDEX",
    )
