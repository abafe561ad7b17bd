"""What an update has to do: the difference between the files on disk and the documents in the
index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lepton_local.store.index import Index
from lepton_local.types import Skipped, Source

Place = tuple[str, str]  # root, path


@dataclass(frozen=True, slots=True)
class Plan:
    """Sources to read, places whose documents are dropped, and sources that stay out as they did
    before.
    """

    ingest: tuple[Source, ...]
    drop: dict[Place, str]  # place -> digest that was indexed
    added: frozenset[Place]
    changed: frozenset[Place]
    unchanged: int
    skipped: tuple[Skipped, ...]


def plan(index: Index, found: Iterable[Source | Skipped]) -> Plan:
    """Compare a fresh crawl with what the index holds.

    A file of the same size and time is taken for unchanged; any other is read again, which encodes
    nothing if its text is the same, and takes note of its time. A file that could not be indexed is
    tried again once it has changed, or if it could not even be read.
    """
    known = indexed_sources(index)
    refused = {place(s.source): s for s in index.manifest.skipped if s.source.digest}
    ingest: list[Source] = []
    skipped: list[Skipped] = []
    added: set[Place] = set()
    changed: set[Place] = set()
    drop = {where: source.digest for where, source in known.items()}
    unchanged = 0
    for item in found:
        if isinstance(item, Skipped):
            skipped.append(item)
            continue
        where = place(item)
        before = known.get(where)
        earlier = refused.get(where)
        if before is not None and _untouched(item, before):
            unchanged += 1
            del drop[where]
        elif earlier is not None and _untouched(item, earlier.source):
            skipped.append(earlier)
        else:
            ingest.append(item)
            (added if before is None else changed).add(where)
    return Plan(
        tuple(ingest), drop, frozenset(added), frozenset(changed), unchanged, tuple(skipped)
    )


def indexed_sources(index: Index) -> dict[Place, Source]:
    """Every file that has a live document, as it was when it was indexed."""
    columns = ["root", "path", "size", "mtime_ns", "digest"]
    table = index.document_table(columns)
    return {
        (root, path): Source(root, path, size, mtime_ns, digest)
        for root, path, size, mtime_ns, digest in zip(
            *(table[name].to_pylist() for name in columns), strict=True
        )
    }


def place(source: Source) -> Place:
    """Where a source is, whatever is in it."""
    return source.root, source.path


def _untouched(now: Source, before: Source) -> bool:
    return (now.size, now.mtime_ns) == (before.size, before.mtime_ns)
