"""Vectors of a second encoder beside the first: no byte of what is there changes.

Rows may lack a vector of a field, so what was encoded before somebody stops is committed, and the
next run goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_local.config import BuildConfig
from lepton_local.corpus.pieces import blank_rules
from lepton_local.errors import InputError, VersionError
from lepton_local.indexing.commit import commit, writer_lock
from lepton_local.indexing.grown import field_of, grown
from lepton_local.indexing.known import KnownVectors
from lepton_local.indexing.pictures import fill_pictures, rows_of, seeing
from lepton_local.indexing.pictures import identity as identity_of_seer
from lepton_local.indexing.report import Report, silent
from lepton_local.indexing.steps import identity, report_of
from lepton_local.indexing.tally import Tally
from lepton_local.models.headed import encoded_texts
from lepton_local.models.load import load_encoder
from lepton_local.models.roles import Encoder
from lepton_local.store import names
from lepton_local.store.entry import EncoderId, SegmentEntry
from lepton_local.store.index import live_mask
from lepton_local.store.manifest import Manifest, load_manifest
from lepton_local.store.names import PICTURES, QUESTION, TEXT
from lepton_local.store.place import storage_at
from lepton_local.store.segment import Segment
from lepton_local.store.storage import Storage
from lepton_local.store.vectors import NO_FAISS
from lepton_local.types import Progress

STEP = 16_384  # passages between two commits: what a run that is killed loses at most
BLOCK = 512  # passages that Ctrl-C loses at most


def add(
    index: str | Path | Storage,
    model: str,
    *,
    name: str = "",
    encoder: Encoder | None = None,
    device: str = "auto",
    allow_download: bool = False,
    pictures: bool = False,
    progress: Progress = silent,
) -> Report:
    """Add the field `name` (that of the model unless given): the vectors of every passage by the
    encoder `model`, or `encoder`; a field that is there gets those that it lacks. pictures: of
    every picture, where the index has these as documents.

    Raises InputError for a name that cannot be, or is another encoder's; StoreError, ModelError,
    LockedError.
    """
    began = time.perf_counter()
    storage = storage_at(index)
    name = name or names.field_name(model)
    _check_name(name, load_manifest(storage), storage)
    with writer_lock(storage):
        manifest = load_manifest(storage)
        tally = Tally(progress, skipped=list(manifest.skipped))
        with tally.timed("load"):
            encoder = encoder or load_encoder(model, device=device, allow_download=allow_download)
        there = manifest.encoders.get(name)
        if there is None and pictures:
            there = identity_of_seer(storage, manifest.segments, seeing(encoder), model)
        if there is None:
            there = identity(encoder, model)
        _check_encoder(encoder, name, manifest, storage.place)
        config = replace(manifest.config, device=device)
        tally.expected = expected(storage, manifest.segments, there)
        for number in range(len(manifest.segments)):

            def keep(entry: SegmentEntry, number: int = number) -> None:
                nonlocal manifest
                segments = list(manifest.segments)
                segments[number] = entry
                commit(
                    storage,
                    replace(
                        manifest,
                        generation=manifest.generation + 1,
                        encoders={**manifest.encoders, name: there},
                        segments=tuple(segments),
                    ),
                )
                manifest = load_manifest(storage)

            fill = filler(there)
            fill(storage, manifest.segments, number, name, encoder, config, tally, keep)
    return report_of(storage, tally, began)


def filler(made: EncoderId) -> Callable[..., SegmentEntry]:
    """What fills a field that this encoder has made."""
    return fill_pictures if made.of == PICTURES else fill


def expected(storage: Storage, entries: Sequence[SegmentEntry], made: EncoderId) -> int:
    """How many rows of segments should have a vector."""
    if made.of == PICTURES:
        return sum(len(rows_of(storage, entry)) for entry in entries)
    return sum(entry.live_rows for entry in entries)


def fill(
    storage: Storage,
    entries: tuple[SegmentEntry, ...],
    number: int,
    name: str,
    encoder: Encoder,
    config: BuildConfig,
    tally: Tally,
    keep: Callable[[SegmentEntry], None],
) -> SegmentEntry:
    """One of the segments with a vector of the field for each live row; `keep` hears of each step,
    the last and an interrupted one too. What any of them knows is not encoded.
    """
    entry, others = entries[number], (*entries[:number], *entries[number + 1 :])
    rows = np.flatnonzero(live_mask(storage, entry))
    if name in entry.fields:
        rows = np.setdiff1d(rows, field_of(storage, entry, name).rows())
    tally.advance(entry.live_rows - len(rows))
    passages = Segment(storage, entry).passages
    for first in range(0, len(rows), STEP):
        step = rows[first : first + STEP]
        known = KnownVectors(storage, (*others, entry), encoder=encoder.digest, field=name)
        read = passages.take(step, ["heading", "text", "text_digest"])
        vectors = np.zeros((len(step), encoder.dim), dtype=np.float16)
        done = known.look_up(read.column("text_digest").combine_chunks(), vectors)
        tally.advance(int(done.sum()))
        try:
            with tally.timed("encode"):
                _encode(read, encoder, vectors, done, tally)
        finally:  # what was encoded before Ctrl-C stays
            if done.any():
                last = bool(done.all()) and first + STEP >= len(rows)
                faiss = config.faiss if last else NO_FAISS
                made = replace(config, faiss=faiss)
                entry = grown(storage, entry, name, step[done], vectors[done], encoder, made)
                keep(entry)
    return entry


def fill_new(
    storage: Storage,
    old: tuple[SegmentEntry, ...],
    new: list[SegmentEntry],
    manifest: Manifest,
    given: Mapping[str, Encoder],
    tally: Tally,
    *,
    device: str,
    allow_download: bool,
) -> list[SegmentEntry]:
    """The `new` segments of an update with the fields of further encoders that the index has;
    `given` are encoders that need not be loaded. Raises ModelError, VersionError.
    """
    for name, made in manifest.encoders.items():
        ours = name == QUESTION and made.digest == manifest.encoder.digest
        if name == TEXT or ours or not new:
            continue
        with tally.timed("load"):
            encoder = given.get(name) or load_encoder(
                made.model, device=device, allow_download=allow_download
            )
        _check_encoder(encoder, name, manifest, storage.place)
        config = replace(manifest.config, device=device)
        apart = Tally(tally.progress)  # passages count once
        apart.expected = expected(storage, new, made)
        fill_one = filler(made)
        new = [
            fill_one(
                storage, (*old, *new), len(old) + i, name, encoder, config, apart, lambda _: None
            )
            for i in range(len(new))
        ]
    return new


def _check_name(name: str, manifest: Manifest, storage: Storage) -> None:
    kept = name == QUESTION and name not in manifest.encoders
    if name == TEXT or kept or not names.FIELD.fullmatch(name):
        raise InputError(
            f"{name[:60]!r} cannot be the name of a field, expected a letter, and up to 31 more"
            f" letters, digits, - or _, and not {TEXT!r} or {QUESTION!r}",
            advice=f"lepton-index add-field {storage.place} --encoder NAME --name other",
        )


def _check_encoder(encoder: Encoder, name: str, manifest: Manifest, place: str) -> None:
    if encoder.digest == manifest.encoder.digest:
        raise InputError(
            f"{place} has the vectors of {encoder.name} as its field {TEXT!r}, expected another"
            " encoder",
            advice=f"lepton-index add-field {place} --encoder multilingual",
        )
    made = manifest.encoders.get(name)
    if made is not None and made.digest != encoder.digest:
        raise VersionError(
            f"the field {name} of {place} was encoded by {made.name} ({made.digest}), not by"
            f" {encoder.name} ({encoder.digest})",
            advice=f"lepton-index add-field {place} --encoder {made.model} --name other",
        )


def _encode(
    read: pa.Table, encoder: Encoder, vectors: np.ndarray, done: np.ndarray, tally: Tally
) -> None:
    """Fill the rows of `vectors` that are not `done`, a block at a time; equal passages once."""
    missing = np.flatnonzero(~done)
    if not len(missing):
        return
    digests = read.column("text_digest").combine_chunks().take(pa.array(missing))
    same = digests.dictionary_encode().indices.to_numpy()
    firsts = missing[np.unique(same, return_index=True)[1]]
    headings = read.column("heading").take(pa.array(firsts)).to_pylist()
    bare = [blank_rules(text) for text in read.column("text").take(pa.array(firsts)).to_pylist()]
    texts = encoded_texts(headings, bare, encoder)
    for first in range(0, len(texts), BLOCK):
        made = encoder.encode(texts[first : first + BLOCK], progress=tally.advance)
        here = (same >= first) & (same < first + BLOCK)
        vectors[missing[here]] = made.astype(np.float16)[same[here] - first]
        done[missing[here]] = True
        tally.encoded += len(made)
        tally.advance(int(here.sum()) - len(made))
