"""The user's cache: graphs of models and digests of weights, so that neither is made twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lepton_local.errors import ModelError
from lepton_local.models.weights import file_digest


def cache_folder() -> Path:
    """`LEPTON_CACHE`, or the place where this system keeps what can be made again."""
    if told := os.environ.get("LEPTON_CACHE"):
        return Path(told)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lepton-local"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "lepton-local" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lepton-local"


def digest(files: list[Path]) -> str:
    """Give the sha256 of the files' contents in hex, remembered by path, size and time of change.

    Reading 90 MB of weights takes longer than a query. Of several files it is the sha256 of their
    digests. ModelError if the cache cannot be written.
    """
    parts = [_one_digest(path.resolve()) for path in files]
    return parts[0] if len(parts) == 1 else hashlib.sha256("\n".join(parts).encode()).hexdigest()


def prepared(key: str, make: Callable[[Path], None]) -> Path:
    """Give the cache's folder of this key; where there is none, `make` fills a new one.

    The folder appears whole or not at all, also when several processes make it at once.
    ModelError if the cache cannot be written.
    """
    home = cache_folder() / "models"
    target = home / key
    if target.is_dir():
        return target
    with _writing(home):
        part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=home))
        try:
            make(part)
            try:
                part.rename(target)
            except OSError:
                if not target.is_dir():  # else another process was first, with the same bytes
                    raise
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target


def _one_digest(path: Path) -> str:
    stat = path.stat()
    known = {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    note = cache_folder() / "digests" / f"{name}.json"
    try:
        entry = json.loads(note.read_text(encoding="utf-8"))
        if {key: entry[key] for key in known} == known:
            return str(entry["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no note, or a damaged one: read the file
    found = file_digest(path)
    with _writing(note.parent):
        handle, part = tempfile.mkstemp(prefix=f".{name}.", dir=note.parent)
        with open(handle, "w", encoding="utf-8") as stream:
            json.dump({**known, "sha256": found}, stream)
        os.replace(part, note)
    return found


@contextmanager
def _writing(home: Path) -> Iterator[None]:
    """Make a folder of the cache, and say what to do where the cache cannot be written."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ModelError(
            f"{home}: the cache cannot be written ({error.strerror})",
            advice="set LEPTON_CACHE to a folder that can",
        ) from error
