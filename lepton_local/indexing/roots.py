"""The roots of an index: which there are to be, and where they are now."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lepton_local.errors import InputError, StoreError
from lepton_local.indexing.plan import RootedPath, indexed_sources
from lepton_local.store.index import Index
from lepton_local.store.manifest import Manifest
from lepton_local.store.names import is_far
from lepton_local.store.storage import Storage
from lepton_local.types import Source

SAMPLED = 200  # files that are looked at to know a folder again
SHARE = 0.5  # of them that must be there, with their sizes: the others may have changed since


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of an index's roots. Each is a path, absolute."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    moved: Mapping[str, str] = field(default_factory=dict)  # where a root was -> where it is


def changed(index: Index, change: Change) -> Index:
    """The same documents under other roots; nothing on the disk is looked at.

    What has moved is found at its new place, whatever the segments say. Documents of roots that
    were removed are still there. Raises InputError for a root that the index does not have, or has
    already, and where none would be left.
    """
    manifest = index.manifest
    for root in (*change.removed, *change.moved):
        if root not in manifest.roots:
            raise InputError(
                f"{root} is no root of {index.place}, expected one of these: "
                + ", ".join(manifest.roots),
                advice=f"lepton-index info {index.place}",
            )
    stay = [change.moved.get(root, root) for root in manifest.roots if root not in change.removed]
    if not stay:
        raise InputError(
            f"{index.place} would have no root left, expected one to stay",
            advice=f"lepton-index add {index.place} FOLDER first, or delete the index",
        )
    for root in change.added:
        if above := next((each for each in stay if Path(root).is_relative_to(each)), ""):
            raise InputError(
                f"{root} is in the index already, as a part of {above}",
                advice=f"lepton-index update {index.place}",
            )
    return _under(index, tuple(dict.fromkeys([*stay, *change.added])), _folders(manifest, change))


def _folders(manifest: Manifest, change: Change) -> dict[str, str]:
    """The folders that documents are under, before and after: that of a file is the one it lies in.
    Where roots of one folder go to different ones, or a file has another name now, there is no
    telling, and they are read again.
    """
    found: dict[str, set[str]] = {}
    for old in manifest.roots:
        new = change.moved.get(old, old)
        if not os.path.isfile(new):
            found.setdefault(old, set()).add(new)
        else:
            same = os.path.basename(old) == os.path.basename(new)
            found.setdefault(os.path.dirname(old), set()).add(os.path.dirname(new) if same else "")
    return {
        old: new for old, (new, *others) in found.items() if new not in (old, "") and not others
    }


def _under(index: Index, roots: tuple[str, ...], moved: Mapping[str, str]) -> Index:
    manifest = replace(
        index.manifest,
        roots=roots,
        skipped=tuple(
            replace(each, source=replace(each.source, root=moved.get(root, root)))
            for each in index.manifest.skipped
            for root in [each.source.root]
        ),
        segments=tuple(
            replace(entry, moved=_then(entry.moved, moved)) for entry in index.manifest.segments
        ),
    )
    return Index.of(index.storage, manifest)


def _then(before: Mapping[str, str], moved: Mapping[str, str]) -> dict[str, str]:
    """Where roots as they were written are, after they have moved once more."""
    found = {written: moved.get(place, place) for written, place in before.items()}
    found |= {old: new for old, new in moved.items() if old not in {*before, *before.values()}}
    return {written: place for written, place in found.items() if written != place}


def left_out(storage: Storage, roots: Sequence[Path]) -> dict[str, int]:
    """The roots of the index at a place of which a build from `roots` would take in nothing, or a
    part, and how many files are indexed of each.
    """
    try:
        index = Index.open(storage)
    except StoreError:  # there is none, or none that can be read
        return {}
    files = indexed_sources(index)
    count = Counter(root for root, _ in files)
    wanted = list(map(str, roots))
    return {
        root: count[root] or 1  # of a file
        for root in index.manifest.roots
        if not any(Path(root).is_relative_to(each) for each in wanted)
        and (os.path.exists(root) or beside(storage.place, root, files) not in wanted)
    }


def beside(index: str, root: str, files: Mapping[RootedPath, Source]) -> str:
    """Where a root that is gone has moved together with its index, or ""; `files` are indexed.

    Index and documents that were in one folder are in one still, when it was copied to another
    disk or has another name: the root is looked for at the same place seen from a folder above the
    index, and known by its files.
    """
    if is_far(index):
        return ""
    sizes = {
        path if folder == root else "": source.size  # "": the root is a file
        for (folder, path), source in files.items()
        if root in (folder, os.path.join(folder, path))
    }
    parts = Path(root).parts[1:]
    for first in range(len(parts)):
        for above in Path(os.path.abspath(index)).parents:
            place = above.joinpath(*parts[first:])
            if str(place) != root and _holds(place, list(sizes.items())[:SAMPLED]):
                return str(place)
    return ""


def _holds(place: Path, sizes: Sequence[tuple[str, int]]) -> bool:
    known = sum(_size(place / path if path else place) == size for path, size in sizes)
    return known > 0 and known >= SHARE * len(sizes)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else -1
    except OSError:
        return -1
