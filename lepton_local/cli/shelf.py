"""The shelf: the names that a person has given to indexes, so that a folder is typed once.

It is one file in the user's own data folder, and holds names and folders alone. Importing this
imports nothing heavy: a shell that completes a name waits for it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lepton_local.errors import InputError, StoreError
from lepton_local.homes import data_folder
from lepton_local.store import files
from lepton_local.store.names import is_far

SIGN = "@"  # begins a name: @work; alone it is the index of the folder that one stands in
NAME = re.compile(r"[^\W_][\w.-]{0,63}")
_FILE = "indexes.json"
_MOST = 1 << 20  # bytes of the file
_WAIT = 10  # seconds for another process that changes it


def names() -> dict[str, str]:
    """Every name and its folder, in the order of the names. Raises StoreError for a file that
    holds something else.
    """
    path = data_folder() / _FILE
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read(_MOST))["indexes"]
        if not all(NAME.fullmatch(name) and _whole(value[name]) == value[name] for name in value):
            raise ValueError("a name or a folder that is none")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StoreError(
            f"{path} does not hold the names of indexes ({error})",
            advice="mend it or remove it; the indexes themselves are as they were",
        ) from None
    return dict(sorted(value.items()))


def folder_of(name: str) -> str:
    """The folder of the index that is called `@work`, or `work`. Raises InputError for a name that
    none has.
    """
    return (known := names())[_checked(name, known)]


def name_of(folder: str | Path, known: dict[str, str]) -> str:
    """What the index in a folder is called, by `known` (of `names`); "" if it has no name."""
    place = _whole(folder)
    return next((name for name, there in known.items() if there == place), "")


def give(name: str, folder: str | Path) -> None:
    """Give the index in a folder this name, in place of the one it had. Raises InputError for what
    is no name, or another index's.
    """
    name, place = name.removeprefix(SIGN), _whole(folder)
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name for an index, expected letters and digits, with . _ or - between "
            "them",
            advice="lepton-index name INDEX work",
        )
    with _changing() as known:
        if (there := known.get(name, place)) != place:
            raise InputError(
                f"{SIGN}{name} is the name of {there}, expected one that is free",
                advice=f"lepton-index unname {name}",
            )
        known.pop(name_of(place, known), None)
        known[name] = place


def take(name: str) -> str:
    """Take a name away, and change nothing else; gives the folder. Raises InputError for a name
    that no index has.
    """
    with _changing() as known:
        return known.pop(_checked(name, known))


def _whole(folder: str | Path) -> str:
    """A place that means the same wherever one stands."""
    return str(folder) if is_far(str(folder)) else os.path.abspath(folder)


def _checked(name: str, known: dict[str, str]) -> str:
    name = name.removeprefix(SIGN)
    if name not in known:
        there = ", ".join(f"{SIGN}{each}" for each in known) or "none has a name"
        raise InputError(
            f"no index is called {SIGN}{name}, expected one of these: {there}",
            advice=f"lepton-index name INDEX {name}",
        )
    return name


@contextmanager
def _changing() -> Iterator[dict[str, str]]:
    """The names, to change; one process after another."""
    from filelock import FileLock

    folder = files.make_folder(data_folder(), mode=0o700)
    with FileLock(folder / f"{_FILE}.lock", timeout=_WAIT, mode=0o600):
        known = names()
        yield known
        whole = files.json_text({"schema": 1, "indexes": dict(sorted(known.items()))})
        with files.writing(folder / _FILE, mode=0o600) as file:
            file.write(whole.encode())
