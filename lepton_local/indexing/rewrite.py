"""Writing an index anew, byte for byte what it was, under another key or the first one.

The new files stand beside the old ones until the manifest takes the old one's place, which is done
at once: a run that dies leaves the index as it was.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from lepton_local.indexing.commit import collect, next_number, writer_lock
from lepton_local.indexing.report import silent
from lepton_local.store import learnt
from lepton_local.store.encrypted import Encrypted
from lepton_local.store.entry import FieldEntry, SegmentEntry, note_of
from lepton_local.store.feedback import Feedback
from lepton_local.store.files import json_text
from lepton_local.store.keys import Secret
from lepton_local.store.manifest import load_manifest
from lepton_local.store.names import (
    DELETED_FOLDER,
    ENTRY_FILE,
    FIELD_FILE,
    FIELDS_FOLDER,
    SEGMENTS_FOLDER,
    half_written,
)
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Storage, map_file
from lepton_local.types import Progress

_PIECE = 1 << 22


def rewrite(
    place: str | Path | Storage, secret: Secret, *, progress: Progress = silent
) -> Encrypted:
    """Encrypt every file of an index by a new key, which `secret` locks. It takes the room of the
    index once more while it lasts. Raises StoreError, LockedError.
    """
    storage = storage_at(place)
    load_manifest(storage)  # an index must be there before its lock is made
    with writer_lock(storage):
        manifest = load_manifest(storage)
        below = storage.below if isinstance(storage, Encrypted) else storage
        target = Encrypted.begun(below, secret, replaces=storage)
        number = next_number(storage)
        segments = []
        for at, entry in enumerate(manifest.segments):
            progress("encrypt", at, len(manifest.segments))
            segments.append(_copied(storage, target, entry, number + at))
        progress("encrypt", len(manifest.segments), len(manifest.segments))
        generation = manifest.generation + 1
        new = replace(manifest, generation=generation, segments=tuple(segments))
        new.save(target)
        collect(target, new)
        Feedback(storage.place).rewrite(target.unseal, target.seal)
        learnt.rewrite(storage.place, target.unseal, target.seal)
        target.forget_others()
    return target


def _copied(storage: Storage, target: Storage, entry: SegmentEntry, number: int) -> SegmentEntry:
    """The same segment under the next number, with its fields and its list of deleted rows."""
    name = f"{number:06d}-{entry.name.partition('-')[2]}"
    own = [each for each in entry.stored if each.startswith(f"{entry.folder}/")]
    new = replace(entry, name=name, fields=_moved(entry, name))
    _folder(storage, target, own, SEGMENTS_FOLDER, new.folder, ENTRY_FILE, note_of(new))
    for field, made in entry.fields.items():
        if made.folder:
            files = [f"{made.folder}/{each}" for each in made.files]
            note = json_text(asdict(new.fields[field])).encode()
            to = new.fields[field].folder
            _folder(storage, target, files, FIELDS_FOLDER, to, FIELD_FILE, note)
    if entry.deleted:
        deleted = f"{DELETED_FOLDER}/{name}.{entry.deleted.partition('.')[2]}"
        _file(storage, target, entry.deleted, deleted)
        new = replace(new, deleted=deleted)
    return new


def _moved(entry: SegmentEntry, name: str) -> dict[str, FieldEntry]:
    """The fields of a segment that gets another name."""
    return {
        field: replace(made, folder=made.folder.replace(entry.name, name, 1))
        for field, made in entry.fields.items()
    }


def _folder(
    storage: Storage,
    target: Storage,
    files: list[str],
    parent: str,
    to: str,
    note: str,
    told: bytes,
) -> None:
    half = f"{parent}/{half_written()}"
    for each in files:
        _file(storage, target, each, f"{half}/{each.rpartition('/')[2]}")
    with target.put(f"{half}/{note}") as file:
        file.write(told)
    target.rename(half, to)


def _file(storage: Storage, target: Storage, name: str, to: str) -> None:
    old = map_file(storage, name)
    with target.put(to) as file:
        for first in range(0, old.size, _PIECE):
            file.write(old.get(first, min(_PIECE, old.size - first)))
