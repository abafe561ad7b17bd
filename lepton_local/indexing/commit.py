"""The commit: a new manifest takes the old one's place, and what no one needs is collected."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from lepton_local.errors import DamagedError, InputError, NoIndexError, StoreError
from lepton_local.store import names
from lepton_local.store.entry import FieldEntry, SegmentEntry, faults
from lepton_local.store.manifest import Manifest, load_manifest
from lepton_local.store.names import (
    DELETED_FOLDER,
    ENTRY_FILE,
    FIELD_FILE,
    FIELDS_FOLDER,
    IGNORE_ALL,
    IGNORE_FILE,
    KEYS_FOLDER,
    LOCK_FILE,
    MANIFEST_FILE,
    PASSAGES_FILE,
    ROWS_FILE,
    SEGMENTS_FOLDER,
    VECTORS_FILE,
)
from lepton_local.store.storage import Storage, map_file
from lepton_local.store.typed import Kind, parsed, typed

_MOST_NOTED = 1 << 20  # bytes of a segment's own note of itself


@contextlib.contextmanager
def writer_lock(storage: Storage) -> Iterator[None]:
    """Be the one writer of an index. Raises InputError where somebody else's files are, and
    what `Storage.lock` raises.

    A first build that ends without having kept anything leaves nothing behind.
    """
    check_ours(storage)
    with storage.lock():
        new = not ignores_itself(storage)
        if new:
            with storage.put(IGNORE_FILE) as file:
                file.write(IGNORE_ALL)
        try:
            yield
        finally:
            _clear(storage, ignores=new)


def check_ours(storage: Storage) -> None:
    """Raises InputError where somebody else's files are: an index is never mixed with them."""
    if strange := _stranger(storage):
        raise InputError(
            f"{storage.place} holds other files ({strange}), expected a new folder or an index",
            advice=f"lepton-index build FOLDER --out {storage.place}/index",
        )


def _stranger(storage: Storage) -> str:
    """The first file in a place that is none of an index's; "" where all are."""
    found = storage.list("")
    if MANIFEST_FILE in found:
        try:
            load_manifest(storage)
        except NoIndexError:
            return MANIFEST_FILE
        except StoreError:
            pass
        return ""
    try:
        begun = {LOCK_FILE, IGNORE_FILE} <= set(found)
        return next((name for name in found if not _is_ours(storage, name, begun=begun)), "")
    except (DamagedError, OSError):  # a link or a device by the name of a file of ours
        return next(name for name in found if not names.is_beside(name))


def _is_ours(storage: Storage, name: str, *, begun: bool) -> bool:
    """Whether a file or folder is one that a first build leaves when it is killed."""
    if name == LOCK_FILE:
        return storage.read(name, 0) == b""
    if name == IGNORE_FILE:
        return ignores_itself(storage)
    if name == KEYS_FOLDER:
        return all(names.is_keys_file(f"{name}/{each}") for each in storage.list(name))
    if name in (SEGMENTS_FOLDER, FIELDS_FOLDER) and begun:
        return all(
            names.is_folder(name, each)
            and all(map(names.is_inside, storage.list(f"{name}/{each}")))
            for each in storage.list(name)
        )
    return begun and names.is_beside(name)


def _clear(storage: Storage, *, ignores: bool) -> None:
    """Remove what a writer made in a place that holds no index and no segment of one; of the rule
    for crawls, the one that it has made.
    """
    segments = storage.list(SEGMENTS_FOLDER)
    if MANIFEST_FILE in storage.list("") or any(map(names.SEGMENT.fullmatch, segments)):
        return
    for folder in (SEGMENTS_FOLDER, FIELDS_FOLDER):
        _collect_folders(storage, folder, named=set())
        storage.remove(folder)
    for name in storage.list(KEYS_FOLDER):
        if names.is_keys_file(f"{KEYS_FOLDER}/{name}"):
            storage.remove(f"{KEYS_FOLDER}/{name}")
    storage.remove(KEYS_FOLDER)
    if ignores:
        storage.remove(IGNORE_FILE)


def ignores_itself(storage: Storage) -> bool:
    """Whether a crawl of a folder above an index passes it over."""
    try:
        return storage.read(IGNORE_FILE, len(IGNORE_ALL)) == IGNORE_ALL
    except (FileNotFoundError, DamagedError):
        return False


def commit(storage: Storage, manifest: Manifest) -> None:
    """Make `manifest` the current generation. Its segments and deleted lists are on the disk
    already.
    """
    manifest.save(storage)
    collect(storage, manifest)


def collect(storage: Storage, manifest: Manifest) -> None:
    """Remove segments, fields and deleted lists that the current generation does not name, and
    halves of dead runs: files with names that we give, and no others.
    """
    for name in filter(names.is_beside, storage.list("")):
        storage.remove(name)
    fields = {each.folder for entry in manifest.segments for each in entry.fields.values()}
    _collect_folders(storage, SEGMENTS_FOLDER, {entry.folder for entry in manifest.segments})
    _collect_folders(storage, FIELDS_FOLDER, fields)
    lists = {entry.deleted for entry in manifest.segments}
    for name in storage.list(DELETED_FOLDER):
        path = f"{DELETED_FOLDER}/{name}"
        if path not in lists and (names.is_deleted_list(path) or names.is_beside(name)):
            storage.remove(path)


def _collect_folders(storage: Storage, parent: str, named: set[str]) -> None:
    for folder in storage.list(parent):
        path = f"{parent}/{folder}"
        if path in named or not names.is_folder(parent, folder):
            continue
        with contextlib.suppress(DamagedError):  # a link that somebody has put there stays
            for name in filter(names.is_inside, storage.list(path)):
                storage.remove(f"{path}/{name}")
            storage.remove(path)


def finished_segments(storage: Storage, *, proven: bool = False) -> list[SegmentEntry]:
    """Every whole segment of an index with its whole fields, committed or left by a run that did
    not live to commit.

    With `proven`, only those whose vectors and passages are, by their digests, as they were
    written: a build must heal what `check` has found, not hand it on.
    """
    entries = []
    apart = [each for each in storage.list(FIELDS_FOLDER) if names.is_folder(FIELDS_FOLDER, each)]
    for name in filter(names.SEGMENT.fullmatch, storage.list(SEGMENTS_FOLDER)):
        entry = _noted(storage, f"{SEGMENTS_FOLDER}/{name}/{ENTRY_FILE}", SegmentEntry)
        if entry is None or entry.name != name or not _whole(storage, entry, proven):
            continue
        for folder in apart:
            field = names.field_of(folder, name)
            made = _noted(storage, f"{FIELDS_FOLDER}/{folder}/{FIELD_FILE}", FieldEntry)
            if field and made is not None:
                grown = replace(entry, fields={**entry.fields, field: made})
                before = entry.fields.get(field)
                larger = before is None or before.rows < made.rows
                entry = grown if larger and _whole(storage, grown, proven) else entry
        entries.append(entry)
    return entries


def _noted(storage: Storage, path: str, kind: type[Kind]) -> Kind | None:
    """What a segment or a field says of itself; None where it does not."""
    with contextlib.suppress(OSError, ValueError, DamagedError):  # it lends no vectors
        return typed(kind, parsed(storage.read(path, _MOST_NOTED)))
    return None


def _whole(storage: Storage, entry: SegmentEntry, proven: bool) -> bool:
    """Whether an entry can be, and every file has its size; if `proven`, and those that are lent
    their digests.
    """
    lent = (VECTORS_FILE, ROWS_FILE, PASSAGES_FILE) if proven else ()
    with contextlib.suppress(OSError, DamagedError):
        return not any(faults(entry)) and all(
            (file := map_file(storage, name, stored)) is not None
            and (not name.endswith(lent) or file.digest == stored.digest)
            for name, stored in entry.stored.items()
        )
    return False


def next_number(storage: Storage) -> int:
    """The number of the next segment: above every one that is there, whole or not."""
    there = filter(names.SEGMENT.fullmatch, storage.list(SEGMENTS_FOLDER))
    return 1 + max((int(name.partition("-")[0]) for name in there), default=0)
