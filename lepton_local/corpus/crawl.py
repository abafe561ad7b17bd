"""Corpus roots -> sources: which files there are to index, in a fixed order, and each read once."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pathspec import GitIgnoreSpec

from lepton_local.corpus.ignore import Ignored
from lepton_local.corpus.parse import knows
from lepton_local.errors import InputError, SourceError
from lepton_local.types import Skipped, Source

MAX_BYTES = 64 << 20


def crawl(
    roots: Sequence[Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
) -> Iterator[Source | Skipped]:
    """The files under `roots` that can be indexed, and those that cannot though they should; sorted
    by path in a root.

    A root is a folder, or one file. In a folder, hidden names, what `.gitignore` and
    `.leptonignore` name, files of no known format, and links that lead out of the root or back into
    themselves are passed over quietly. `include` and `exclude` are patterns as in `.gitignore`; a
    file that `include` matches may be of any format. Raises InputError for a root that is not
    there.
    """
    places = []
    for root in dict.fromkeys(Path(os.path.abspath(root)) for root in roots):
        if not root.exists():
            raise InputError(f"no file or folder at {root}; name an existing one")
        places.append(root)
    walk = _Walk(_spec(include) if include else None, _spec(exclude), max_bytes)
    return (entry for root in places for entry in walk.root(root))


def read(source: Source) -> tuple[Source, bytes]:
    """The bytes of a source, and the source with the size, time and digest of exactly these bytes.

    Raises SourceError for a file that is gone, cannot be read, or changed while it was read.
    """
    path = os.path.join(source.root, source.path)
    try:
        with open(path, "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise SourceError("not a regular file")
            data = file.read()
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        raise SourceError("gone: there is no such file any more") from None
    except OSError as error:
        raise SourceError(_reason(error)) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(
        data
    ) != after.st_size:
        raise SourceError("changed while it was read; the next update takes it")
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return replace(source, size=len(data), mtime_ns=after.st_mtime_ns, digest=digest), data


@dataclass(slots=True)
class _Walk:
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec
    max_bytes: int
    linked: set[str] = field(
        default_factory=set
    )  # folders that were reached by a link, so that each is taken once

    def root(self, root: Path) -> Iterator[Source | Skipped]:
        if root.is_dir():
            real = os.path.realpath(root)
            self.linked.clear()
            yield from self._folder(str(root), "", real, (real,), Ignored())
        else:
            yield self._file(str(root.parent), root.name)

    def _folder(
        self, root: str, folder: str, top: str, chain: tuple[str, ...], ignored: Ignored
    ) -> Iterator[Source | Skipped]:
        """`folder` is relative to `root`, and ends in `/` unless empty; `chain` has the real
        folders down to it.
        """
        place = os.path.join(root, folder)
        try:
            with os.scandir(place) as entries:
                # A folder sorts as "name/", which makes the whole walk sorted by path.
                names = sorted(
                    (entry.name + "/" if entry.is_dir() else entry.name) for entry in entries
                )
            ignored = ignored.within(folder, place, names)
        except OSError as error:
            yield Skipped(Source(root, _printable(folder.rstrip("/") or "."), 0, 0), _reason(error))
            return
        for name in names:
            path = folder + name
            if name.startswith(".") or ignored.holds(path) or self.exclude.match_file(path):
                continue
            if name.endswith("/"):
                deeper = self._enter(os.path.join(root, path[:-1]), top, chain)
                if deeper:
                    yield from self._folder(root, path, top, deeper, ignored)
            elif self._wanted(path) and self._inside(os.path.join(root, path), top):
                yield self._file(root, path)

    def _wanted(self, path: str) -> bool:
        return knows(path) if self.include is None else self.include.match_file(path)

    def _enter(self, place: str, top: str, chain: tuple[str, ...]) -> tuple[str, ...]:
        """The chain of real folders with this one, or nothing if it must not be entered."""
        if not os.path.islink(place):
            return (*chain, os.path.realpath(place))
        real = os.path.realpath(place)
        if real in chain or real in self.linked or not _under(real, top):
            return ()
        self.linked.add(real)
        return (*chain, real)

    def _inside(self, place: str, top: str) -> bool:
        if os.path.islink(place):
            real = os.path.realpath(place)
            return _under(real, top) or not os.path.exists(
                real
            )  # a broken link is named, not passed over
        return True

    def _file(self, root: str, path: str) -> Source | Skipped:
        source = Source(root, _printable(path), 0, 0)
        if source.path != path:
            return Skipped(source, "its name is not valid UTF-8; rename it")
        try:
            state = os.stat(os.path.join(root, path))
        except OSError as error:
            return Skipped(source, _reason(error))
        source = replace(source, size=state.st_size, mtime_ns=state.st_mtime_ns)
        if not stat.S_ISREG(state.st_mode):
            return Skipped(source, "not a regular file")
        if state.st_size == 0:
            return Skipped(source, "empty")
        if state.st_size > self.max_bytes:
            return Skipped(
                source, f"{state.st_size:,} bytes; files of up to {self.max_bytes:,} are indexed"
            )
        return source


def _spec(patterns: Sequence[str]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise InputError(f"{list(patterns)}: not a pattern as in .gitignore ({error})") from error


def _under(real: str, top: str) -> bool:
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)


def _printable(path: str) -> str:
    """A path that can be stored and printed, whatever bytes the name of the file is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
