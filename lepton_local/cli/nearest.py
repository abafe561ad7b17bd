"""The index that somebody means without naming one, found upwards from where one stands, and the
indexes that there are to choose from.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lepton_local.cli import shelf
from lepton_local.errors import InputError, LeptonError
from lepton_local.store.keys import RING
from lepton_local.store.manifest import load_manifest
from lepton_local.store.names import MANIFEST_FILE, is_far
from lepton_local.store.place import storage_at

HOME = "indexes"  # where a build puts an index unless it is told another place


def nearest(folder: Path, otherwise: str = "") -> str:
    """The first on the way up from `folder`: a folder that is an index, or has one in its
    `indexes`, or is a root of one that has a name; else the index that the settings name.

    An index of another user is passed over: whoever unpacks or mounts something here has not asked
    for it to be opened. Raises InputError where there is none, or which one is meant is not clear.
    """
    start = Path(os.path.abspath(folder))
    roots = _roots()
    for place in (start, *start.parents):
        if is_own(place):
            return str(place)
        found = list(map(str, indexes_in(place / HOME))) or sorted(roots.get(str(place), ()))
        if len(found) > 1 and not otherwise:
            raise InputError(
                f"{place} has {len(found)} indexes, expected the one that is meant: "
                + ", ".join(_called(each) for each in found),
                advice="lepton-index list",
            )
        if len(found) == 1:
            return found[0]
    if otherwise:
        return shelf.folder_of(otherwise) if otherwise.startswith(shelf.SIGN) else otherwise
    raise InputError(
        f"no index was named, and none belongs to {start} or to a folder above it",
        advice="lepton-index list, or lepton-index build FOLDER",
    )


def indexes_in(folder: Path) -> list[Path]:
    """The user's own indexes in a folder, by name."""
    try:
        return sorted(each for each in folder.iterdir() if is_own(each))
    except OSError:
        return []


def is_own(folder: Path) -> bool:
    """Whether a folder holds an index of this user."""
    try:
        state = os.stat(folder / MANIFEST_FILE)
        load_manifest(storage_at(folder))
    except (LeptonError, OSError, ValueError):
        return False
    return os.name != "posix" or state.st_uid == os.geteuid()


@dataclass(frozen=True, slots=True)
class Known:
    """An index that a person can choose: by its name, or since it lies near."""

    name: str  # "" where it has none
    folder: str


def choices(folder: Path) -> list[Known]:
    """Those that have names, by name, and then those in the `indexes` of a folder or of one above
    it that have none, nearest first.
    """
    named = shelf.names()
    found = [Known(name, place) for name, place in named.items()]
    start = Path(os.path.abspath(folder))
    for place in (start, *start.parents):
        near = [*([place] if is_own(place) else []), *indexes_in(place / HOME)]
        found += [Known("", str(each)) for each in near if not shelf.name_of(each, named)]
    return found


def _roots() -> dict[str, set[str]]:
    """Root -> the indexes of it that have names."""
    found: dict[str, set[str]] = {}
    for place in shelf.names().values():
        if is_far(place):  # whoever stands in a folder has not asked for a connection
            continue
        try:
            with RING.asking(None):  # nobody has named this one
                roots = load_manifest(storage_at(place)).roots
        except (LeptonError, OSError):
            continue
        for root in roots:
            found.setdefault(root, set()).add(place)
    return found


def _called(folder: str) -> str:
    name = shelf.name_of(folder, shelf.names())
    return f"{shelf.SIGN}{name}" if name else os.path.relpath(folder)
