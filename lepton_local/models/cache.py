"""The user's cache: graphs of models and digests of weights, so that neither is made twice.

Whoever writes into the cache decides what a model answers. So nothing is read from a folder in
which another user can put something.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from lepton_local.errors import ModelError
from lepton_local.homes import cache_folder, is_closed
from lepton_local.models.weights import file_digest

_DAY = 24 * 3600.0
_KEPT = 90 * _DAY  # seconds that a folder is kept without being used
_NAMES = re.compile(r"\.?[0-9a-f]{16}-[a-z0-9-]+(\.\w+)?")  # that are made here


def digest(files: list[Path]) -> str:
    """Give the sha256 of the files' contents in hex, remembered by path, size and time of change.

    Reading 90 MB of weights takes longer than a query. Of several files it is the sha256 of their
    digests. ModelError if the cache cannot be written.
    """
    parts = [_one_digest(path.resolve()) for path in files]
    return parts[0] if len(parts) == 1 else hashlib.sha256("\n".join(parts).encode()).hexdigest()


def prepared(key: str, make: Callable[[Path], None]) -> Path:
    """Give the cache's folder of this key; where there is none, `make` fills a new one.

    A key is 16 hex digits, a dash and a few words. The folder appears whole, on the disk too, or
    not at all, also when several processes make it at once. What nobody has asked for in 90 days is
    removed when another is made. ModelError if the cache cannot be written.
    """
    home = _home("models")
    target = home / key
    if target.is_dir():
        if not _ours(target):
            raise ModelError(
                f"{target}: holds a link, or a file of another user, expected what was put there",
                advice="remove it, it is made again at the next run",
            )
        _note_use(target)
        return target
    with _writing(home):
        part = Path(tempfile.mkdtemp(prefix=f".{key}.", dir=home))
        try:
            make(part)
            for path in [*part.rglob("*"), part]:
                _flush(path)
            try:
                part.rename(target)
            except OSError:
                if not target.is_dir():  # else another process was first, with the same bytes
                    raise
            _flush(home)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        _collect(home)
    return target


def _home(kind: str) -> Path:
    """The cache's folder of a kind: one that nobody else can write into, or a private one for this
    process alone.
    """
    root = cache_folder().resolve()
    with _writing(root):
        for path in (root, root / kind):
            path.mkdir(0o700, parents=True, exist_ok=True)
            named = path != root or "LEPTON_CACHE" not in os.environ  # by us, and not by the user
            if named and path.is_dir() and path.lstat().st_uid == _user():
                path.chmod(0o700)
            if not is_closed(path):
                return _of_this_process(path) / kind
    return root / kind


@cache
def _of_this_process(instead_of: Path) -> Path:
    logging.getLogger(__name__).warning(
        "%s belongs to another user, or others may write into it, so it is no cache, and this run"
        " makes everything anew: chmod go-w it if it is yours, or set LEPTON_CACHE",
        instead_of,
    )
    found = Path(tempfile.mkdtemp(prefix="lepton-"))
    for kind in ("models", "digests"):
        (found / kind).mkdir(0o700)
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _ours(folder: Path) -> bool:
    """Whether a folder and all that lies in it are real and of a trusted owner."""
    told = [path.lstat() for path in [folder, *folder.rglob("*")]]
    return all(
        each.st_uid in (_user(), 0) and (stat.S_ISREG(each.st_mode) or stat.S_ISDIR(each.st_mode))
        for each in told
    )


def _note_use(folder: Path) -> None:
    """Make the time of change of a folder that of its last use, to the day."""
    if time.time() - folder.stat().st_mtime > _DAY:
        with suppress(OSError):  # a cache that is only read
            os.utime(folder)


def _collect(home: Path) -> None:
    """Remove what has not been used for long, and what a run that was killed left behind."""
    for path in home.iterdir():
        kept = _DAY if path.name.startswith(".") else _KEPT
        if _NAMES.fullmatch(path.name) and time.time() - path.lstat().st_mtime > kept:
            shutil.rmtree(path, ignore_errors=True)


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # which has no handles of folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _one_digest(path: Path) -> str:
    stat = path.stat()
    known = {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    note = _home("digests") / f"{name}.json"
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
    """Say what to do where the cache cannot be written."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            f"{home}: the cache cannot be written ({error.strerror})",
            advice="set LEPTON_CACHE to a folder that can",
        ) from error
