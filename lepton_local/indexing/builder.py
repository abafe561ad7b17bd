"""Build, update and compact: the three ways in which an index gets a new generation.

Each one writes segments first, which nobody sees, and then commits: lists of deleted rows, then the
manifest. A run that dies leaves the old generation whole, and whatever segments it had finished:
the next run finds their vectors.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from lepton_local.config import BuildConfig
from lepton_local.corpus.crawl import crawl
from lepton_local.errors import InputError, VersionError
from lepton_local.indexing.commit import (
    commit,
    finished_segments,
    last_generation,
    next_number,
    writer_lock,
)
from lepton_local.indexing.drop import drop_documents
from lepton_local.indexing.ingest import KnownVectors, Outcome, Parsed, ingest, parse_source
from lepton_local.indexing.merge import merge_chosen, worth_merging
from lepton_local.indexing.plan import place, plan
from lepton_local.indexing.report import Progress, Report, silent
from lepton_local.indexing.request import Corpus, checked, corpus_roots, index_folder
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.store import files
from lepton_local.store.index import SEGMENTS_FOLDER, Index
from lepton_local.store.manifest import EncoderId, Manifest, SegmentEntry, load_manifest
from lepton_local.store.segment import check_faiss
from lepton_local.types import Skipped, Source


def build(
    corpus: Corpus,
    out: str | Path | None = None,
    config: BuildConfig | None = None,
    *,
    encoder: Encoder | None = None,
    progress: Progress = silent,
) -> Report:
    """Index folders, files or tables of documents into `out` (indexes/<name of the first> unless
    given).

    An index that is already there keeps answering until the new one is whole, and lends it the
    vectors of equal passages. Raises InputError when there is nothing to index, ModelError,
    LockedError.
    """
    began = time.perf_counter()
    roots = corpus_roots(corpus)
    folder = index_folder(out, roots)
    config = checked(config or BuildConfig())
    found = _crawl(roots, config, progress)
    sources = [item for item in found if isinstance(item, Source)]
    skipped = [item for item in found if isinstance(item, Skipped)]
    if skipped and not sources:
        raise _nothing(skipped)
    if not sources:
        raise _none_found(roots, config)
    encoder = encoder or load_encoder(
        config.encoder, device=config.device, allow_download=config.allow_download
    )
    check_faiss(config.faiss, encoder.dim)
    with writer_lock(folder):
        outcome = Outcome(progress, skipped=skipped)
        written = _ingest(folder, sources, encoder, config, outcome, proven=True)
        if not written:
            raise _nothing(outcome.skipped)
        if len(written) > 1 or config.faiss != "auto":
            written = merge_chosen(folder, written, written, config, progress)
        manifest = Manifest(
            generation=last_generation(folder) + 1,
            config=config,
            encoder=EncoderId(encoder.name, encoder.digest, encoder.dim),
            roots=tuple(str(root) for root in roots),
            segments=tuple(written),
            skipped=_in_order(outcome.skipped),
        )
        commit(folder, manifest)
    return _report(folder, outcome, began, added=len(outcome.sources))


def update(
    index: str | Path,
    *,
    encoder: Encoder | None = None,
    device: str = "auto",
    progress: Progress = silent,
) -> Report:
    """Crawl an index's roots again and bring it up to date; what has not changed is not read.

    Raises StoreError, InputError when a root is missing, ModelError, LockedError.
    """
    began = time.perf_counter()
    folder = Path(index)
    load_manifest(folder)  # an index must be there before its lock is made
    with writer_lock(folder):
        snapshot = Index.open(folder)
        manifest = snapshot.manifest
        config = replace(manifest.config, device=device)
        for root in manifest.roots:
            if not Path(root).exists():
                raise InputError(
                    f"{root} is not there, and its documents are kept; expected the folder that "
                    f"was indexed: bring it back, or lepton-index build OTHER --out {folder}"
                )
        todo = plan(snapshot, _crawl([Path(root) for root in manifest.roots], config, progress))
        outcome = Outcome(progress, skipped=list(todo.skipped))
        written: list[SegmentEntry] = []
        if todo.ingest:
            encoder = encoder or load_encoder(
                config.encoder, device=device, allow_download=config.allow_download
            )
            check_encoder(encoder, manifest, folder)
            written = _ingest(folder, todo.ingest, encoder, config, outcome)
        if written or todo.drop or _in_order(outcome.skipped) != manifest.skipped:
            kept = [
                drop_documents(folder, each, todo.drop, manifest.generation + 1)
                for each in snapshot.segments
            ]
            entries = [entry for entry in kept if entry.live_rows] + written
            entries = merge_chosen(folder, entries, worth_merging(entries), config, progress)
            commit(
                folder,
                replace(
                    manifest,
                    generation=manifest.generation + 1,
                    segments=tuple(entries),
                    skipped=_in_order(outcome.skipped),
                ),
            )
    arrived = {place(source): source.digest for source in outcome.sources}
    touched = sum(todo.drop[where] == arrived.get(where) for where in todo.changed)
    gone = {where: digest for where, digest in todo.drop.items() if where not in todo.changed}
    left = set(gone.values())
    moved = {where for where in todo.added if arrived.get(where) in left}
    return _report(
        folder,
        outcome,
        began,
        added=len(todo.added & arrived.keys()) - len(moved),
        changed=len(todo.changed) - touched,
        moved=len(moved),
        removed=max(0, len(gone) - len(moved)),
        unchanged=todo.unchanged + touched,
    )


def compact(index: str | Path, *, progress: Progress = silent) -> Report:
    """Merge an index's segments into one and leave deleted rows behind. Nothing is read or encoded
    again.
    """
    began = time.perf_counter()
    folder = Path(index)
    load_manifest(folder)  # an index must be there before its lock is made
    with writer_lock(folder):
        manifest = load_manifest(folder)
        entries = list(manifest.segments)
        if len(entries) > 1 or any(entry.deleted_rows for entry in entries):
            merged = merge_chosen(folder, entries, entries, manifest.config, progress)
            commit(
                folder,
                replace(manifest, generation=manifest.generation + 1, segments=tuple(merged)),
            )
    return _report(folder, Outcome(progress, skipped=list(manifest.skipped)), began)


def check_encoder(encoder: Encoder, manifest: Manifest, folder: Path) -> None:
    """Raises VersionError when `encoder` is not the one that made the vectors."""
    if encoder.digest != manifest.encoder.digest:
        raise VersionError(
            f"{folder} was encoded by {manifest.encoder.name} ({manifest.encoder.digest}), "
            f"not by {encoder.name} ({encoder.digest}): lepton-index build FOLDER --out {folder}"
        )


def _ingest(
    folder: Path,
    sources: Sequence[Source],
    encoder: Encoder,
    config: BuildConfig,
    outcome: Outcome,
    *,
    proven: bool = False,
) -> list[SegmentEntry]:
    outcome.total_bytes = sum(source.size for source in sources)
    segments = files.make_folder(folder / SEGMENTS_FOLDER)
    earlier = finished_segments(folder, proven=proven)
    known = KnownVectors(segments, (e for e in earlier if e.encoder == encoder.digest))
    return list(
        ingest(
            _parse(sources, config.workers),
            segments,
            encoder=encoder,
            config=config,
            known=known,
            first_number=next_number(folder),
            outcome=outcome,
        )
    )


def _parse(sources: Sequence[Source], workers: int) -> Iterator[Parsed]:
    """Parse in order: here, or a few sources ahead in `workers` processes."""
    if workers <= 1:
        yield from map(parse_source, sources)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        ahead: deque[Future[Parsed]] = deque()
        for source in sources:
            ahead.append(pool.submit(parse_source, source))
            if len(ahead) > 4 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _crawl(
    roots: Sequence[Path], config: BuildConfig, progress: Progress
) -> list[Source | Skipped]:
    found: list[Source | Skipped] = []
    for item in crawl(
        roots, include=config.include, exclude=config.exclude, max_bytes=config.max_bytes
    ):
        found.append(item)
        progress("crawl", len(found), None)
    progress("crawl", len(found), len(found))
    return found


def _nothing(skipped: Sequence[Skipped]) -> InputError:
    reasons = "; ".join(f"{each.source.path}: {each.reason}" for each in skipped[:3])
    return InputError(
        f"nothing could be indexed ({reasons}), expected files with text: lepton-index build FOLDER"
    )


def _none_found(roots: Sequence[Path], config: BuildConfig) -> InputError:
    places = ", ".join(map(str, roots))
    if config.include or config.exclude:
        return InputError(
            f"{places} has no file that --include and --exclude leave, expected patterns as in "
            ".gitignore: lepton-index build FOLDER --include '*.md'"
        )
    return InputError(
        f"{places} has no file of a known format, expected text, Markdown, HTML, PDF, DOCX, source "
        "code, JSONL or CSV: lepton-index build FOLDER"
    )


def _in_order(skipped: Sequence[Skipped]) -> tuple[Skipped, ...]:
    """Sorted by place: some are known by their look, others when they are read."""
    return tuple(sorted(skipped, key=lambda each: place(each.source)))


def _report(folder: Path, outcome: Outcome, began: float, **counts: int) -> Report:
    return Report(
        index=Index.open(folder),
        passages=outcome.passages,
        encoded=outcome.encoded,
        reused=outcome.passages - outcome.encoded,
        seconds={**outcome.seconds, "total": time.perf_counter() - began},
        skipped=_in_order(outcome.skipped),
        **counts,
    )
