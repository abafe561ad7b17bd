"""Corpus roots -> sources: which files there are to index, in a fixed order, and each read once."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lepton_local.corpus import passed
from lepton_local.corpus.converter import target_of
from lepton_local.corpus.glob import Patterns, is_pattern, read_patterns
from lepton_local.corpus.ignore import Ignored
from lepton_local.corpus.parse import knows
from lepton_local.corpus.read import MAX_BYTES, mtime_ns, reason, too_large
from lepton_local.errors import InputError, SourceError
from lepton_local.types import Skipped, Source

NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def crawl(
    roots: Sequence[Path],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
    libreoffice: bool = False,
    pictures: bool = False,
) -> Iterator[Source | Skipped]:
    """The files under `roots` that can be indexed, and those that cannot though they should; sorted
    by path in a root.

    A root is a folder, or one file. In a folder, hidden names, what `.gitignore` and
    `.leptonignore` name, files of no known format, and links that lead out of the root or back into
    themselves are passed over quietly, and what programs write with a word (`passed`). `include`
    and `exclude` are patterns as in `.gitignore`; a file that `include` matches may be of any
    format. `libreoffice`: what LibreOffice converts counts as a known format, and `pictures`: so do
    pictures. Raises InputError for
    a root that is not there.
    """
    places = []
    for root in dict.fromkeys(Path(os.path.abspath(root)) for root in roots):
        if not root.exists():
            raise InputError(f"no file or folder at {root}", advice="name an existing one")
        places.append(root)
    walk = _Walk(
        _given(include) if include else None, _given(exclude), max_bytes, libreoffice, pictures
    )
    return _once(entry for root in places for entry in walk.root(root))


def _once(entries: Iterator[Source | Skipped]) -> Iterator[Source | Skipped]:
    """A file under two roots, one inside the other, belongs to the one that was given first."""
    seen: set[str] = set()
    for entry in entries:
        source = entry.source if isinstance(entry, Skipped) else entry
        place = os.path.join(source.root, source.path)
        if place not in seen:
            seen.add(place)
            yield entry


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to be listed: `path` is relative to the root, and ends in `/` unless empty."""

    path: str
    chain: tuple[str, ...]  # the real folders down to it: a link to one of them is a loop
    ignored: Ignored


@dataclass(frozen=True, slots=True)
class _Walk:
    include: Patterns | None
    exclude: Patterns
    max_bytes: int
    libreoffice: bool
    pictures: bool

    def root(self, root: Path) -> Iterator[Source | Skipped]:
        if not root.is_dir():
            yield self._file(str(root.parent), root.name)
            return
        place, top = str(root), os.path.realpath(root)
        linked: set[str] = set()  # real folders that a link has led to: each is taken once
        stack: list[_Folder | str] = [_Folder("", (top,), Ignored())]
        while stack:
            item = stack.pop()
            if isinstance(item, str):
                yield self._file(place, item)
                continue
            try:
                names, ignored = _list(os.path.join(place, item.path), item)
            except (OSError, SourceError) as error:
                told = reason(error) if isinstance(error, OSError) else str(error)
                path = _printable(item.path.rstrip("/") or ".")
                yield Skipped(Source(place, path, 0, 0), told, unreadable=True)
                continue
            if why := passed.of_contents(names) if item.path and self.include is None else "":
                yield Skipped(Source(place, _printable(item.path.rstrip("/")), 0, 0), why)
                continue
            found: list[_Folder | str] = []
            for path in (item.path + name for name in names if not name.startswith(".")):
                if ignored.holds(path) or self.exclude.say(path):
                    continue
                folder = path.endswith("/")
                why = self._passed(path, names)
                if why:
                    yield Skipped(Source(place, _printable(path.rstrip("/")), 0, 0), why)
                    continue
                if not folder and not self._wanted(place, path):
                    continue
                whole = os.path.join(place, path.rstrip("/"))
                real = os.path.join(item.chain[-1], os.path.basename(whole))
                if os.path.islink(whole):
                    real = os.path.realpath(whole)
                    # A broken link is named, not passed over.
                    if not _under(real, top) and os.path.exists(real):
                        continue
                    if folder and (real in item.chain or real in linked):
                        continue
                    linked.add(real)
                why = "" if folder or self.include is not None else passed.of_text(path, whole)
                if why:
                    yield Skipped(Source(place, _printable(path), 0, 0), why)
                    continue
                found.append(_Folder(path, (*item.chain, real), ignored) if folder else path)
            stack.extend(reversed(found))

    def _passed(self, path: str, beside: list[str]) -> str:
        """Why a file or folder is passed over for its name; "" where it is not."""
        if path.endswith("/"):
            name = PurePosixPath(path).name
            return passed.of_folder(name, beside) if self.include is None else ""
        why = "" if self.libreoffice and target_of(path) else passed.of_file(path)
        return why if why and (self.include is None or not self.include.cover(path)) else ""

    def _wanted(self, root: str, path: str) -> bool:
        if self.include is None:
            known = knows(path, root=root, pictures=self.pictures)
            return known or (self.libreoffice and bool(target_of(path)))
        return self.include.cover(path)

    def _file(self, root: str, path: str) -> Source | Skipped:
        source = Source(root, _printable(path), 0, 0)
        if source.path != path:
            return Skipped(source, "its name is not valid UTF-8; rename it")
        try:
            state = os.stat(os.path.join(root, path))
        except OSError as error:
            if error.errno in NOWHERE:
                return Skipped(source, passed.NOWHERE)
            return Skipped(source, reason(error), unreadable=True)
        source = replace(source, size=state.st_size, mtime_ns=mtime_ns(state))
        if not stat.S_ISREG(state.st_mode):
            return Skipped(source, "not a regular file")
        if state.st_size == 0:
            return Skipped(source, passed.EMPTY)
        if state.st_size > self.max_bytes:
            return Skipped(source, too_large(state.st_size, self.max_bytes))
        return source


def _list(place: str, folder: _Folder) -> tuple[list[str], Ignored]:
    """The names in a folder, and the rules that hold there. Raises OSError or SourceError."""
    with os.scandir(place) as entries:
        # A folder sorts as "name/", which makes the whole walk sorted by path.
        names = sorted(entry.name + "/" * _is_folder(entry) for entry in entries)
    return names, folder.ignored.within(folder.path, place, names)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link to itself


def _given(patterns: Sequence[str]) -> Patterns:
    for each in patterns:
        if not is_pattern(each):
            raise InputError(
                f"{each!r}: not a pattern as in .gitignore, expected one that matches something",
                advice="lepton-index build FOLDER --include '*.md' --exclude 'drafts/'",
            )
    return read_patterns(patterns)


def _under(real: str, top: str) -> bool:
    return real == top or real.startswith(top.rstrip(os.sep) + os.sep)


def _printable(path: str) -> str:
    """A path that can be stored and printed, whatever bytes the name of the file is made of."""
    return os.fsencode(path).decode("utf-8", "replace")
