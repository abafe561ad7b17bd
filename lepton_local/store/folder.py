"""An index in a folder of the disk. Only real folders and regular files of it are opened, written
or removed; links, devices and pipes that somebody has put there are not.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from lepton_local.errors import StoreError
from lepton_local.store import files
from lepton_local.store.names import LOCK_FILE
from lepton_local.store.storage import Sink, StoredFile, damaged, digest, locked, swapped

OURS, OURS_ALONE = 0o700, 0o600  # modes of folders and files, whatever the umask
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# Without O_NONBLOCK, whoever opens a pipe waits until somebody writes into it.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_READ |= getattr(os, "O_BINARY", 0)  # Windows would else read lines


class Folder:
    """A folder of the disk. The folder itself may be reached by links; what is in it may not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def place(self) -> str:
        return str(self.root)

    def read(self, name: str, most: int) -> bytes:
        with self._opened(name) as (number, size):
            if size > most:
                raise damaged(self, name, f"has {size} bytes, expected at most {most}")
            with os.fdopen(os.dup(number), "rb") as file:
                return file.read(size)  # `most` would be taken of memory at once

    def map(self, name: str, stored: StoredFile | None = None) -> pa.Buffer:
        with self._opened(name) as (number, size):
            if not size:
                return pa.py_buffer(b"")
            return pa.py_buffer(mmap.mmap(number, size, access=mmap.ACCESS_READ))

    def parts(self, name: str, stored: StoredFile | None, *, whole: bool) -> None:
        return None

    @contextlib.contextmanager
    def put(self, name: str) -> Iterator[Sink]:
        path = self._path(name, make=True)
        if path.is_dir():
            raise damaged(self, name, "is a folder, expected a file")
        with files.writing(path, mode=OURS_ALONE) as file:
            yield Sink(file.write)

    def list(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(self._path(f"{folder}/*" if folder else "*").parent))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def rename(self, folder: str, to: str) -> None:
        try:
            files.rename_folder(self._path(folder), self._path(to))
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                raise FileExistsError(errno.EEXIST, error.strerror, error.filename2) from None
            raise

    def remove(self, name: str) -> None:
        path = self._path(name)
        with contextlib.suppress(OSError):
            kind = os.lstat(path).st_mode
            if stat.S_ISDIR(kind):
                files.remove_empty(path)
            elif stat.S_ISREG(kind):
                files.remove(path)

    def swap(self, name: str, data: bytes, before: str) -> None:
        try:
            there = digest(self.map(name))
        except FileNotFoundError:
            there = ""
        if there != before:
            raise swapped(self.place)
        with self.put(name) as file:
            file.write(data)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Raises LockedError at once where there is another writer, StoreError where others may
        write, and OSError where nothing may be written. A folder in which nothing was kept goes
        again, with the lock, if it was made here.
        """
        from filelock import FileLock, Timeout  # whoever only reads needs none

        path = self.root / LOCK_FILE
        new = [each for each in (self.root, *self.root.parents) if not os.path.lexists(each)]
        lock = FileLock(path, timeout=0, mode=OURS_ALONE)
        unlocked = not os.path.lexists(path)
        try:
            files.make_folder(self.root, mode=OURS)
            if not unlocked and not stat.S_ISREG(os.lstat(path).st_mode):
                raise damaged(self, LOCK_FILE, "is no regular file")
            lock.acquire()
            self._check_owner(path)
        except Timeout:
            raise locked(self.place) from None
        except OSError as error:
            lock.release()
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            advice = "expected a place that you may write to: lepton-index build FOLDER --out INDEX"
            what = f"{os.strerror(error.errno)}, {advice}"
            raise OSError(error.errno, what, self.place) from error
        except StoreError:
            lock.release()
            raise
        try:
            yield
        finally:
            if unlocked and self.list("") == [LOCK_FILE]:
                files.remove(path)
            for each in new:
                files.remove_empty(each)
            lock.release()

    def _check_owner(self, lock: Path) -> None:
        """Raises StoreError for an index that another user may change while it is written."""
        if os.name != "posix":
            return
        for path in (self.root, lock):
            state = os.stat(path)
            if state.st_uid != os.geteuid():
                raise StoreError(
                    f"{path} belongs to another user, expected an index of your own",
                    advice=f"chown -R $USER {self.root}, or lepton-index build FOLDER --out INDEX",
                )
            if state.st_mode & _OTHERS_WRITE and self.list("") not in ([], [LOCK_FILE]):
                raise StoreError(
                    f"others may write to {path}, expected an index of your own",
                    advice=f"chmod -R go-w {self.root}",
                )
        os.chmod(self.root, OURS)
        os.chmod(lock, OURS_ALONE)

    @contextlib.contextmanager
    def _opened(self, name: str) -> Iterator[tuple[int, int]]:
        """A regular file's descriptor and size."""
        path = self._path(name)
        try:
            number = os.open(path, _READ)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):  # a link; a socket
                raise damaged(self, name, "is no regular file") from None
            raise
        try:
            state = os.fstat(number)
            if not stat.S_ISREG(state.st_mode):
                raise damaged(self, name, "is no regular file")
            yield number, state.st_size
        finally:
            os.close(number)

    def _path(self, name: str, *, make: bool = False) -> Path:
        """Where a name lies; every folder on the way to it is a real one, made if `make` says so.

        Raises DamagedError for a name that leads out, or through a link.
        """
        *folders, last = name.split("/")
        path = self.root
        for folder in folders:
            path /= folder
            if make and not os.path.lexists(path):
                files.make_folder(path, mode=OURS)
            if folder in ("", ".", "..") or os.path.islink(path):
                raise damaged(self, name, f"leads through {path}, expected a folder of the index")
        if last in ("", ".", ".."):
            raise damaged(self, name, "is no name of a file")
        return path / last
