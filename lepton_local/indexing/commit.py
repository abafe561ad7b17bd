"""The commit: a new manifest takes the old one's place, and what no one needs is collected."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from lepton_local.errors import LockedError, StoreError
from lepton_local.store import files
from lepton_local.store.index import DELETED_FOLDER, SEGMENTS_FOLDER
from lepton_local.store.manifest import (
    MANIFEST_FILE,
    Manifest,
    SegmentEntry,
    load_manifest,
    segment_entry,
)
from lepton_local.store.schema import ENTRY_FILE, PASSAGES_FILE, VECTORS_FILE

LOCK_FILE = "lock"
IGNORE_FILE = ".leptonignore"  # an index inside a corpus is no part of it
IGNORE_ALL = "*\n"


@contextlib.contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Be the one writer of an index. Raises LockedError at once when there is another, and OSError
    where nothing may be written.

    A first build that ends without having kept anything leaves nothing behind.
    """
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    lock = FileLock(folder / LOCK_FILE, timeout=0)
    try:
        files.make_folder(folder)
        if not ignores_itself(folder):
            files.write_text(folder / IGNORE_FILE, IGNORE_ALL)
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"{folder} is being written by another process, expected one writer at a time",
            advice=f"wait for it, then lepton-index update {folder}",
        ) from None
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        advice = "expected a place that you may write to: lepton-index build FOLDER --out INDEX"
        what = f"{os.strerror(error.errno)}, {advice}"
        raise OSError(error.errno, what, str(folder)) from error
    try:
        yield
    finally:
        _clear(folder, new)
        lock.release()


def _clear(folder: Path, new: Iterable[Path]) -> None:
    """Remove what a writer made in a folder that holds no index and no segment of one; of the
    folders, those that are `new`.
    """
    if (folder / MANIFEST_FILE).exists() or any((folder / SEGMENTS_FOLDER).glob("[0-9]*")):
        return
    for name in (SEGMENTS_FOLDER, IGNORE_FILE, LOCK_FILE):
        files.remove(folder / name)
    for each in new:
        files.remove_empty(each)


def ignores_itself(folder: Path) -> bool:
    """Whether a crawl of a folder above an index passes it over."""
    try:
        return (folder / IGNORE_FILE).read_bytes() == IGNORE_ALL.encode()
    except FileNotFoundError:
        return False


def commit(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the current generation. Its segments and deleted lists are on the disk
    already.
    """
    manifest.save(folder)
    collect(folder, manifest)


def collect(folder: Path, manifest: Manifest) -> None:
    """Remove segments and deleted lists that the current generation does not name, and halves of
    dead runs.
    """
    for path in folder.glob(".*.tmp"):
        files.remove(path)
    named = {entry.name for entry in manifest.segments}
    for path in (folder / SEGMENTS_FOLDER).glob("*"):
        if path.name not in named:
            files.remove(path)
    lists = {entry.deleted for entry in manifest.segments}
    for path in (folder / DELETED_FOLDER).glob("*"):
        if f"{DELETED_FOLDER}/{path.name}" not in lists:
            files.remove(path)


def finished_segments(folder: Path, *, proven: bool = False) -> list[SegmentEntry]:
    """Every whole segment of an index, committed or left by a run that did not live to commit.

    With `proven`, only those whose vectors and passages are, by their digests, as they were
    written: a build must heal what `check` has found, not hand it on.
    """
    entries = []
    for path in sorted((folder / SEGMENTS_FOLDER).glob("[0-9]*")):
        with contextlib.suppress(
            OSError, ValueError, TypeError, KeyError, AttributeError
        ):  # a damaged segment lends no vectors
            entry = segment_entry(json.loads((path / ENTRY_FILE).read_bytes()))
            whole = all(
                (path / name).stat().st_size == stored.size for name, stored in entry.files.items()
            )
            if whole and (not proven or _as_written(path, entry)):
                entries.append(entry)
    return entries


def _as_written(path: Path, entry: SegmentEntry) -> bool:
    lent = (VECTORS_FILE, PASSAGES_FILE)
    return all(files.digest(path / name) == entry.files[name].digest for name in lent)


def next_number(folder: Path) -> int:
    """The number of the next segment: above every one that is there, whole or not."""
    names = [path.name.split("-")[0] for path in (folder / SEGMENTS_FOLDER).glob("[0-9]*")]
    return 1 + max((int(name) for name in names if name.isdigit()), default=0)


def last_generation(folder: Path) -> int:
    """The generation of the index that is there now; 0 where there is none that can be read."""
    try:
        return load_manifest(folder).generation
    except StoreError:
        return 0
