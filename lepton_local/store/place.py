"""The one place where what people type becomes a storage."""

from __future__ import annotations

import os
from pathlib import Path

from lepton_local.store.folder import Folder
from lepton_local.store.names import BUNDLE
from lepton_local.store.storage import Storage


def storage_at(place: str | Path | Storage) -> Storage:
    """The storage at a place: a folder, or an index in a bundle ("all.lepton", "all.lepton#work"),
    unless it is a storage already.
    """
    if not isinstance(place, str | Path):
        return place
    file, _, index = str(place).partition("#")
    if file.endswith(BUNDLE) and os.path.isfile(file):
        from lepton_local.store.bundle import Bundle  # few indexes lie in one

        return Bundle(Path(file), index)
    return Folder(Path(place))
