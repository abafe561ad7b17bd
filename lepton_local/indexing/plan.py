"""What an update has to do: the difference between the files on disk and the documents in the
index.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from lepton_local.store.index import Index
from lepton_local.types import Skipped, Source

RootedPath = tuple[str, str]  # root, path


@dataclass(frozen=True, slots=True)
class Plan:
    """Sources to read, places whose documents are dropped, and sources that stay out as they did
    before.
    """

    indexed: dict[RootedPath, Source]  # as they were when they were indexed
    ingest: tuple[Source, ...]
    drop: frozenset[RootedPath]  # of those indexed
    added: frozenset[RootedPath]
    changed: frozenset[RootedPath]
    kept: frozenset[RootedPath]  # cannot be read now
    skipped: tuple[Skipped, ...]


def plan(
    index: Index,
    found: Iterable[Source | Skipped],
    again: Callable[[str], bool] = lambda path: False,
) -> Plan:
    """Compare a fresh crawl with what the index holds.

    A file of the same size and time is taken for unchanged; any other is read again, which encodes
    nothing if its text is the same, and takes note of its time. A file that could not be indexed is
    tried again once it has changed, or if it could not even be read; what was indexed of it before
    stays until then. Files of names for which `again` holds are read in any case.
    """
    known = indexed_sources(index)
    refused = {place(s.source): s for s in index.manifest.skipped if s.source.digest}
    ingest: list[Source] = []
    skipped: list[Skipped] = []
    added: set[RootedPath] = set()
    changed: set[RootedPath] = set()
    drop = set(known)
    for item in found:
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        where = place(item)
        before = known.get(where)
        earlier = refused.get(where)
        if again(item.path):
            ingest.append(item)
            (added if before is None else changed).add(where)
        elif before is not None and _untouched(item, before):
            drop.remove(where)
        elif earlier is not None and _untouched(item, earlier.source):
            skipped.append(earlier)
        else:
            ingest.append(item)
            (added if before is None else changed).add(where)
    kept = unreadable(drop - changed, skipped)
    return Plan(
        known,
        tuple(ingest),
        frozenset(drop - kept),
        frozenset(added),
        frozenset(changed),
        kept,
        tuple(skipped),
    )


def unreadable(places: Collection[RootedPath], skipped: Iterable[Skipped]) -> frozenset[RootedPath]:
    """Those of `places` that cannot be read now: files that are named so, or in such a folder."""
    shut = {place(each.source) for each in skipped if each.unreadable}
    if not shut:
        return frozenset()
    return frozenset(
        (root, path)
        for root, path in places
        if not shut.isdisjoint((root, str(above)) for above in _with_folders(path))
    )


def indexed_sources(index: Index) -> dict[RootedPath, Source]:
    """Every file that has a live document, as it was when it was indexed."""
    columns = ["root", "path", "size", "mtime_ns", "digest"]
    table = index.document_table(columns)
    return {
        (root, path): Source(root, path, size, mtime_ns, digest)
        for root, path, size, mtime_ns, digest in zip(
            *(table[name].to_pylist() for name in columns), strict=True
        )
    }


def refused_members(
    skipped: Iterable[Skipped], indexed: Mapping[RootedPath, Source], drop: Container[RootedPath]
) -> list[Skipped]:
    """Those of `skipped` that are members of files which stay indexed: `a.zip#bad.pdf` bears the
    digest of `a.zip`.
    """

    def stays(source: Source) -> bool:
        ends = [at for at, sign in enumerate(f"{source.path}#") if sign == "#"]
        return any(
            (file := indexed.get((source.root, source.path[:end]))) is not None
            and file.digest == source.digest
            and place(file) not in drop
            for end in ends
        )

    return [each for each in skipped if stays(each.source)]


def _with_folders(path: str) -> Iterable[PurePosixPath]:
    """A path and the folders above it, up to the root, ".": as a crawl names them."""
    return PurePosixPath(path), *PurePosixPath(path).parents


def place(source: Source) -> RootedPath:
    """Where a source is, whatever is in it."""
    return source.root, source.path


def _untouched(now: Source, before: Source) -> bool:
    return (now.size, now.mtime_ns) == (before.size, before.mtime_ns)
