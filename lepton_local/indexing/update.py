"""Update: an index is brought up to date with its roots, for what the difference costs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lepton_local.corpus.pictured import may_hold_pictures
from lepton_local.errors import VersionError
from lepton_local.indexing.commit import commit, finished_segments, writer_lock
from lepton_local.indexing.crew import Alone, Crew
from lepton_local.indexing.drop import drop_documents
from lepton_local.indexing.fields import fill_new
from lepton_local.indexing.merge import worth_merging
from lepton_local.indexing.plan import (
    Plan,
    indexed_sources,
    place,
    plan,
    refused_members,
    unreadable,
)
from lepton_local.indexing.questions import named, with_questions
from lepton_local.indexing.report import Report, silent
from lepton_local.indexing.roots import Change, beside, changed
from lepton_local.indexing.steps import crawl_roots, in_order, read_rights, report_of
from lepton_local.indexing.tally import Tally
from lepton_local.indexing.vanished import check_roots, missing_roots
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.index import Index
from lepton_local.store.manifest import Manifest, load_manifest
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Storage, rebuild
from lepton_local.types import Progress


def update(
    index: str | Path | Storage,
    *,
    encoder: Encoder | None = None,
    fields: Mapping[str, Encoder] | None = None,
    device: str = "auto",
    allow_deletions: bool = False,
    allow_download: bool = False,
    change: Change | None = None,
    pictures: bool = False,
    crew: Crew | None = None,
    progress: Progress = silent,
) -> Report:
    """Crawl an index's roots again and bring it up to date; what has not changed is not read.
    `fields` are the encoders of further fields, which are loaded where they are not given. `change`
    is made to the roots first. pictures: from now on, pictures are documents of their own.
    crew: who writes the segments, this process unless given.

    A root that is gone, but has moved together with the index, is followed there. What cannot be
    read now stays as it was indexed. Raises StoreError, ModelError, LockedError, and InputError
    when a root is missing or most of it has gone at once, unless `allow_deletions`, or the change
    of roots cannot be made.
    """
    began = time.perf_counter()
    crew = crew or Alone()
    storage = storage_at(index)
    load_manifest(storage)  # an index must be there before its lock is made
    with writer_lock(storage):
        snapshot = Index.open(storage)
        before = snapshot.manifest
        if change is not None:
            snapshot = changed(snapshot, change)
        if followed := _followed(snapshot):
            snapshot = changed(snapshot, Change(moved=followed))
        manifest = snapshot.manifest
        turned = pictures and not manifest.config.pictures
        manifest = (
            replace(manifest, config=replace(manifest.config, pictures=True))
            if turned
            else manifest
        )
        config = replace(manifest.config, device=device)
        missing = missing_roots(manifest.roots)
        there = [Path(root) for root in manifest.roots if root not in missing]
        found = crawl_roots(there, config, progress)
        todo = plan(snapshot, found, may_hold_pictures) if turned else plan(snapshot, found)
        if not allow_deletions:
            check_roots(storage.place, manifest.roots, todo)
        tally = Tally(progress, skipped=list(todo.skipped))
        written: list[SegmentEntry] = []
        if todo.ingest:
            with tally.timed("load"):
                encoder = encoder or load_encoder(
                    config.encoder, device=device, allow_download=allow_download
                )
            check_encoder(encoder, manifest, storage.place)
            earlier = finished_segments(storage)
            written = crew.write(storage, todo.ingest, encoder, config, tally, earlier)
            written = with_questions(storage, written, encoder, config, tally, manifest.encoders)
            written = fill_new(
                storage,
                manifest.segments,
                written,
                manifest,
                fields or {},
                tally,
                device=device,
                allow_download=allow_download,
            )
        drop = todo.drop - unreadable(todo.changed, tally.skipped)
        tally.skipped += refused_members(manifest.skipped, todo.indexed, drop)
        manifest = replace(manifest, rights=read_rights(found, config))
        if written or drop or manifest != before or in_order(tally.skipped) != manifest.skipped:
            kept = [drop_documents(storage, each, drop) for each in snapshot.segments]
            entries = [entry for entry in kept if entry.live_rows] + written
            entries = crew.join(storage, entries, worth_merging(entries), config, tally)
            commit(
                storage,
                replace(
                    manifest,
                    generation=manifest.generation + 1,
                    encoders=named(manifest.encoders, entries),
                    segments=tuple(entries),
                    skipped=in_order(tally.skipped),
                ),
            )
    followed |= change.moved if change is not None else {}
    return report_of(storage, tally, began, followed=followed, **_counts(todo, tally))


def _followed(index: Index) -> dict[str, str]:
    """The roots that are gone and have moved together with the index: where they were, and are."""
    missing = missing_roots(index.manifest.roots)
    if not missing:
        return {}
    files = indexed_sources(index)
    found = {root: beside(index.storage.place, root, files) for root in missing}
    return {root: place for root, place in found.items() if place}


def check_encoder(encoder: Encoder, manifest: Manifest, place: str) -> None:
    """Raises VersionError when `encoder` is not the one that made the vectors."""
    if encoder.digest != manifest.encoder.digest:
        raise VersionError(
            f"{place} was encoded by {manifest.encoder.name} ({manifest.encoder.digest}), not "
            f"by {encoder.name} ({encoder.digest})",
            advice=rebuild(place),
        )


def _counts(todo: Plan, tally: Tally) -> dict[str, int]:
    """Files by what became of them. One whose content another place had before has moved."""
    arrived = {place(source): source.digest for source in tally.sources}
    kept = unreadable(todo.changed, tally.skipped)
    changed = todo.changed - kept
    touched = sum(todo.indexed[where].digest == arrived.get(where) for where in changed)
    gone = todo.drop - todo.changed
    left = Counter(todo.indexed[where].digest for where in gone)
    came = Counter(arrived[where] for where in todo.added if where in arrived)
    moved = (came & left).total()
    return {
        "added": len(todo.added & arrived.keys()) - moved,
        "changed": len(changed) - touched,
        "moved": moved,
        "removed": len(gone) - moved,
        "unchanged": len(todo.indexed) - len(todo.drop) - len(todo.kept) + touched,
        "kept": len(todo.kept) + len(kept),
    }
