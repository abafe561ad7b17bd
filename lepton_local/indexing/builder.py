"""Build, update and compact: the three ways in which an index gets a new generation.

Each one writes segments first, which nobody sees, and then commits: lists of deleted rows, then the
manifest. A run that dies leaves the old generation whole, and whatever segments it had finished:
the next run finds their vectors.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from lepton_local.config import BuildConfig
from lepton_local.errors import InputError
from lepton_local.indexing.commit import commit, finished_segments, writer_lock
from lepton_local.indexing.crew import Alone, Crew
from lepton_local.indexing.fields import fill_new
from lepton_local.indexing.questions import named, with_questions
from lepton_local.indexing.report import Report, silent
from lepton_local.indexing.request import Corpus, checked, corpus_roots, index_storage
from lepton_local.indexing.steps import crawl_roots, identity, in_order, read_rights, report_of
from lepton_local.indexing.tally import Tally
from lepton_local.indexing.update import update
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.store.index import Index
from lepton_local.store.keys import Secret
from lepton_local.store.manifest import Manifest, last_generation, load_manifest
from lepton_local.store.names import TEXT, field_name
from lepton_local.store.place import storage_at
from lepton_local.store.storage import Storage
from lepton_local.store.vectors import check_faiss
from lepton_local.types import Progress, Skipped, Source

__all__ = ["build", "compact", "update"]


def build(
    corpus: Corpus,
    out: str | Path | Storage | None = None,
    config: BuildConfig | None = None,
    *,
    encoder: Encoder | None = None,
    fields: Mapping[str, Encoder] | None = None,
    secret: Secret | None = None,
    crew: Crew | None = None,
    progress: Progress = silent,
) -> Report:
    """Index folders, files or tables of documents into `out` (indexes/<name of the first> unless
    given).

    An index that is already there keeps answering until the new one is whole, and lends it the
    vectors of equal passages. `fields` are encoders of `config.further`, by the names of their
    fields, which need not be loaded. secret: locks the key of a new index, which is then encrypted.
    crew: who writes the segments, this process unless given. Raises InputError when there is
    nothing to index, ModelError, LockedError.
    """
    began = time.perf_counter()
    roots = corpus_roots(corpus)
    storage = index_storage(out, roots, secret=secret)
    config = checked(config or BuildConfig())
    found = crawl_roots(roots, config, progress)
    sources = [item for item in found if isinstance(item, Source)]
    skipped = [item for item in found if isinstance(item, Skipped)]
    if skipped and not sources:
        raise _nothing(skipped)
    if not sources:
        raise _none_found(roots, config)
    tally = Tally(progress, skipped=skipped)
    with tally.timed("load"):
        load = partial(load_encoder, device=config.device, allow_download=config.allow_download)
        encoder = encoder or load(config.encoder)
        models = {field_name(model): model for model in config.further}
        given = fields or {}
        further = {name: given.get(name) or load(model) for name, model in models.items()}
    check_faiss(config.faiss, encoder.dim)
    with writer_lock(storage):
        generation, seal = last_generation(storage)
        earlier = finished_segments(storage, proven=True)
        written = (crew or Alone()).write(storage, sources, encoder, config, tally, earlier)
        if not written:
            raise _nothing(tally.skipped)
        manifest = Manifest(
            generation=generation + 1,
            config=replace(config, allow_download=False),  # counts only for whoever typed it
            encoders={
                TEXT: identity(encoder, config.encoder),
                **{name: identity(each, models[name]) for name, each in further.items()},
            },
            roots=tuple(str(root) for root in roots),
            segments=tuple(written),
            skipped=in_order(tally.skipped),
            rights=read_rights(found, config),
            seal=seal,
        )
        written = with_questions(storage, written, encoder, config, tally, manifest.encoders)
        manifest = replace(manifest, encoders=named(manifest.encoders, written))
        segments = fill_new(
            storage,
            tuple(earlier),
            written,
            manifest,
            further,
            tally,
            device=config.device,
            allow_download=config.allow_download,
        )
        commit(storage, replace(manifest, segments=tuple(segments)))
    return report_of(storage, tally, began, added=len(tally.sources))


def compact(
    index: str | Path | Storage, *, crew: Crew | None = None, progress: Progress = silent
) -> Report:
    """Merge an index's segments into one and leave deleted rows behind. Nothing is read or encoded
    again. crew: who does it, this process unless given.
    """
    began = time.perf_counter()
    storage = storage_at(index)
    load_manifest(storage)  # an index must be there before its lock is made
    with writer_lock(storage):
        manifest = Index.open(storage).manifest
        tally = Tally(progress, skipped=list(manifest.skipped))
        entries = list(manifest.segments)
        if len(entries) > 1 or any(entry.deleted_rows for entry in entries):
            crew = crew or Alone()
            merged = crew.join(storage, entries, entries, manifest.config, tally)
            commit(
                storage,
                replace(
                    manifest,
                    generation=manifest.generation + 1,
                    encoders=named(manifest.encoders, merged),
                    segments=tuple(merged),
                ),
            )
    return report_of(storage, tally, began)


def _nothing(skipped: Sequence[Skipped]) -> InputError:
    reasons = "; ".join(f"{each.source.path}: {each.reason}" for each in skipped[:3])
    return InputError(
        f"nothing could be indexed ({reasons}), expected files with text",
        advice="lepton-index build FOLDER",
    )


def _none_found(roots: Sequence[Path], config: BuildConfig) -> InputError:
    places = ", ".join(map(str, roots))
    if config.include or config.exclude:
        return InputError(
            f"{places} has no file that --include and --exclude leave, expected patterns as in "
            ".gitignore",
            advice="lepton-index build FOLDER --include '*.md'",
        )
    return InputError(
        f"{places} has no file of a known format, expected text, HTML, PDF, office files, "
        "e-mail, source code or data",
        advice="lepton-index build FOLDER",
    )
