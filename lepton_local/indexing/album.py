"""`add-field --pictures`: pictures become documents, and get vectors of an encoder that sees."""

from __future__ import annotations

from pathlib import Path

from lepton_local.indexing import fields
from lepton_local.indexing.pictures import seeing
from lepton_local.indexing.report import Report, silent
from lepton_local.indexing.update import update
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.store.manifest import load_manifest
from lepton_local.store.names import PICTURES
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Storage
from lepton_local.types import Progress


def add_pictures(
    index: str | Path | Storage,
    model: str,
    *,
    name: str = PICTURES,
    encoder: Encoder | None = None,
    device: str = "auto",
    allow_download: bool = False,
    progress: Progress = silent,
) -> Report:
    """Add a field of pictures, as `fields.add` does. Where pictures were no documents so far, they
    become some: the files that may hold any are read again. encoder: of the texts, which need not
    be loaded.
    """
    storage = storage_at(index)
    seer = load_encoder(model, device=device, allow_download=allow_download)
    seeing(seer)  # before anything is changed
    if not load_manifest(storage).config.pictures:
        update(
            storage,
            encoder=encoder,
            device=device,
            allow_download=allow_download,
            pictures=True,
            progress=progress,
        )
    return fields.add(
        storage,
        model,
        name=name,
        encoder=seer,
        device=device,
        pictures=True,
        progress=progress,
    )
