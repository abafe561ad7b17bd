"""The one place where what people type becomes a storage."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from lepton_local.errors import InputError
from lepton_local.store.folder import Folder
from lepton_local.store.names import BUNDLE, is_far
from lepton_local.store.storage import Storage


def storage_at(place: str | Path | Storage) -> Storage:
    """The storage at a place: a folder, a place in an object store ("s3://bucket/index"), or an
    index in a bundle ("all.lepton", "all.lepton#work"), unless it is a storage already.

    Raises InputError for another address; no request is sent yet.
    """
    if not isinstance(place, str | Path):
        return place
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
        return Folder(Path(url2pathname(told.path)))
    if told.scheme == "s3":
        from lepton_local.store.remote import Remote  # it brings a library with it

        return Remote(place)
    raise InputError(
        f"{told.scheme[:20]}:// is no place for an index, expected s3://BUCKET/PREFIX, "
        "file:///PATH or a folder",
        advice="lepton-index build FOLDER --out INDEX",
    )
