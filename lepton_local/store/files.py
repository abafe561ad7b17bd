"""The only module that writes, renames or removes files, and that reads those beside an index.

Every file appears whole or not at all: it is written beside its place, flushed to the disk, and
renamed over it, and the folder that names it is flushed too. A process that dies at any moment
leaves either the old file or the new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from lepton_local.store import names


@contextlib.contextmanager
def writing(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A binary file that takes its place at `path` when the block ends without an error."""
    beside = path.with_name(names.beside(path.name))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(beside, flags, mode), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        if isinstance(error, OSError) and error.filename in (None, str(beside)):
            error.filename = str(path)  # a full disk is told by the file that it has no room for
        raise
    flush_folder(path.parent)


@contextlib.contextmanager
def writing_out(path: Path) -> Iterator[BinaryIO]:
    """A binary file for what a person wants written at `path`: whole or not at all, as `writing`
    does it, unless a device, a pipe or this process' own output is there, which are written into.
    """
    place = Path(os.path.realpath(path))  # a link stays one
    state = os.stat(path) if os.path.exists(path) else None
    if state is not None and os.path.samestat(state, os.fstat(1)):
        with os.fdopen(os.dup(1), "wb") as file:
            yield file
    elif state is not None and not stat.S_ISREG(state.st_mode):
        with open(path, "wb") as file:
            yield file
    else:
        with writing(place) as file:
            yield file


@contextlib.contextmanager
def growing(path: Path) -> Iterator[BinaryIO]:
    """A binary file that whatever is written is added to; the one file that is there before it is
    whole. A link is not followed.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags, 0o666), "a+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def read(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file. A link is not followed."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags), "rb") as file:
        return file.read(most)


def read_named(path: Path, most: int) -> bytes:
    """The first `most` bytes of what a person has named: links are followed, and it may be a
    pipe.
    """
    with open(path, "rb") as file:
        return file.read(most)


def append(path: Path, line: bytes, *, mode: int = 0o666) -> None:
    """Add a line to a file, on the disk when this returns. A line that a process left torn when it
    died is ended first. A link is not followed.
    """
    new = not os.path.lexists(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags, mode), "a+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        torn = file.read(1) not in (b"", b"\n")
        file.write((b"\n" if torn else b"") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if new:
        flush_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8."""
    with writing(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON that people can read and diff."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """What `write_json` writes."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def make_folder(path: Path, *, mode: int = 0o777) -> Path:
    """Make a folder and its parents, if they are not there."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode)
        flush_folder(path.parent)
    return path


def rename_folder(path: Path, to: Path) -> None:
    """Give a finished folder its name; it has been flushed with its files already."""
    os.rename(path, to)
    flush_folder(to.parent)


def listed(path: Path) -> set[str]:
    """What lies in a folder."""
    return set(os.listdir(path))


def remove(path: Path) -> None:
    """Remove a file or a folder. What another process holds open is left for the next time."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def remove_empty(path: Path) -> None:
    """Remove a folder if nothing is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(path)


def flush_folder(path: Path) -> None:
    """Make the names in a folder durable (Windows has no such call, and needs none)."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
