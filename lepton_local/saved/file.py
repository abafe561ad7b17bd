"""Writing a saved answer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from lepton_local.errors import InputError
from lepton_local.saved.page import page
from lepton_local.saved.proof import is_ours
from lepton_local.saved.record import saved_record
from lepton_local.store import files
from lepton_local.store.index import Index
from lepton_local.types import Result


def check_place(path: Path) -> None:
    """Raises InputError for a place where something else lies than a saved answer."""
    if path.is_dir() or (path.is_file() and not is_ours(path)):
        raise InputError(f"{path} is no saved answer, expected a new name, or one to replace")


def saved(result: Result, index: Index, *, answering: bool = True) -> bytes:
    """A result as a page that stands alone. index: that it was found in; answering: an answer was
    asked for.
    """
    now = datetime.now().astimezone()
    return page(*saved_record(result, index, answering=answering, when=now)).encode()


def save(result: Result, index: Index, path: Path, *, answering: bool = True) -> None:
    """Write it, whole or not at all. Raises InputError for a place where something else lies."""
    check_place(path)
    whole = saved(result, index, answering=answering)
    with files.writing_out(path) as file:
        file.write(whole)
