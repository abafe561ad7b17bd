"""Vectors of pictures: their files are read once more, and what is in them is seen.

Which rows are pictures the documents say. A picture whose file has changed since has to wait for
the next update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from lepton_local.config import BuildConfig
from lepton_local.corpus.ahead import parse_sources
from lepton_local.corpus.how import How
from lepton_local.corpus.pixels import Pixels
from lepton_local.errors import InputError
from lepton_local.indexing.grown import field_of, grown
from lepton_local.indexing.known import KnownVectors, halves
from lepton_local.indexing.tally import Tally
from lepton_local.models.pictures import PictureEncoder
from lepton_local.models.roles import Encoder
from lepton_local.store.entry import EncoderId, SegmentEntry
from lepton_local.store.index import live_mask
from lepton_local.store.names import PICTURES
from lepton_local.store.pictured import picture_rows
from lepton_local.store.schema import PASSAGES
from lepton_local.store.segment import Segment
from lepton_local.store.storage import Storage
from lepton_local.store.vectors import NO_FAISS
from lepton_local.types import Source

STEP = 2048  # pictures between two commits
BLOCK = 32  # pictures that are seen together: what Ctrl-C loses at most
SAMPLE = 64  # pictures that a scale is measured on

_SOURCE = ["root", "path", "size", "mtime_ns", "digest"]
_DIGEST = PASSAGES.field("text_digest").type


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is a picture, and where that lies."""

    row: int
    digest: str  # of the picture
    source: Source
    key: str


def seeing(encoder: Encoder) -> PictureEncoder:
    """The encoder. Raises InputError for one that sees nothing."""
    if not isinstance(encoder, PictureEncoder):
        raise InputError(
            f"{encoder.name} encodes texts alone, expected a folder of CLIP or SigLIP",
            advice="lepton-index add-field INDEX --encoder DIR --pictures",
        )
    return encoder


def rows_of(storage: Storage, entry: SegmentEntry) -> list[Row]:
    """The live rows of a segment that are pictures, in order."""
    segment = Segment(storage, entry)
    live, found = live_mask(storage, entry), picture_rows(segment)
    chosen = [row for row in sorted(found) if live[row]]
    ends = np.cumsum(segment.document_rows)
    numbers = np.searchsorted(ends, np.array(chosen, dtype=np.int64), side="right")
    told = segment.documents.take(numbers, [*_SOURCE, "key"]).to_pylist()
    return [
        Row(row, found[row], Source(**{n: each[n] for n in _SOURCE}), each["key"])
        for row, each in zip(chosen, told, strict=True)
    ]


def identity(
    storage: Storage, entries: Sequence[SegmentEntry], encoder: PictureEncoder, model: str
) -> EncoderId:
    """What a manifest says of an encoder of these pictures; its scale is measured on some of them.
    Raises InputError where there is none.
    """
    rows = [row for entry in entries for row in rows_of(storage, entry)]
    step = max(1, len(rows) // SAMPLE)
    seen = [dots(each) for _, each in _dots(rows[::step][:SAMPLE], encoder, workers=1)]
    if not seen:
        raise InputError(
            f"{storage.place} has no pictures that can be read, expected picture files, or"
            " documents with pictures in them",
            advice=f"lepton-index info {storage.place}",
        )
    scale = encoder.scale(encoder.see(seen))
    return EncoderId(
        encoder.name,
        encoder.digest,
        encoder.dim,
        model,
        scale.unrelated,
        scale.related,
        of=PICTURES,
    )


def fill_pictures(
    storage: Storage,
    entries: tuple[SegmentEntry, ...],
    number: int,
    name: str,
    encoder: PictureEncoder,
    config: BuildConfig,
    tally: Tally,
    keep: Callable[[SegmentEntry], None],
) -> SegmentEntry:
    """One of the segments with a vector of the field for each live row that is a picture; else as
    `fields.fill`.
    """
    entry, others = entries[number], (*entries[:number], *entries[number + 1 :])
    every = rows_of(storage, entry)
    there = field_of(storage, entry, name).rows() if name in entry.fields else np.empty(0)
    left = [each for each in every if each.row not in set(there.tolist())]
    tally.advance(len(every) - len(left))
    for first in range(0, len(left), STEP):
        step = left[first : first + STEP]
        known = KnownVectors(
            storage, (*others, entry), encoder=encoder.digest, field=name, digests=_digests
        )
        told = pa.array([bytes.fromhex(each.digest) for each in step], _DIGEST)
        vectors = np.zeros((len(step), encoder.dim), dtype=np.float16)
        done = known.look_up(told, vectors)
        tally.advance(int(done.sum()))
        try:
            with tally.timed("encode"):
                _see(step, encoder, vectors, done, tally, workers=config.workers)
        finally:  # what was seen before Ctrl-C stays
            if done.any():
                whole = first + STEP >= len(left)
                made = replace(config, faiss=config.faiss if whole else NO_FAISS)
                rows = np.array([each.row for each in step], dtype=np.int64)[done]
                entry = grown(storage, entry, name, rows, vectors[done], encoder, made)
                keep(entry)
    return entry


def _see(
    rows: Sequence[Row],
    encoder: PictureEncoder,
    vectors: np.ndarray,
    done: np.ndarray,
    tally: Tally,
    *,
    workers: int,
) -> None:
    """Fill the rows of `vectors` that are not `done`, a block at a time; equal pictures once."""
    firsts: dict[str, list[int]] = {}
    for place in np.flatnonzero(~done).tolist():
        firsts.setdefault(rows[place].digest, []).append(place)
    wanted = {places[0]: places for places in firsts.values()}
    block: list[tuple[int, Pixels]] = []

    def encode() -> None:
        made = encoder.see([dots(each) for _, each in block]).astype(np.float16)
        for (place, _), vector in zip(block, made, strict=True):
            vectors[wanted[place]] = vector
            done[wanted[place]] = True
            tally.advance(len(wanted[place]))
        tally.encoded += len(block)
        block.clear()

    numbered = list(wanted)
    for at, pixels in _dots([rows[place] for place in numbered], encoder, workers=workers):
        block.append((numbered[at], pixels))
        if len(block) == BLOCK:
            encode()
    if block:
        encode()


def _dots(
    rows: Sequence[Row], encoder: PictureEncoder, *, workers: int
) -> Iterator[tuple[int, Pixels]]:
    """The number of each of these rows whose picture is as it was, and the picture."""
    places: dict[Source, dict[str, int]] = {}
    for number, each in enumerate(rows):
        places.setdefault(each.source, {})[each.key] = number
    sources = list(places)
    taken = parse_sources(sources, workers, How(pictures=True, side=encoder.side))
    try:
        for source, parsed in zip(sources, taken, strict=True):
            if parsed.source.digest != source.digest:
                continue
            for pixels in parsed.pictures:
                if pixels.key in places[source]:
                    yield places[source][pixels.key], pixels
    finally:
        taken.close()


def dots(pixels: Pixels) -> np.ndarray:
    """(height, width, 3): red, green, blue."""
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 3)


def _digests(storage: Storage, entry: SegmentEntry, rows: np.ndarray) -> np.ndarray:
    found = picture_rows(Segment(storage, entry))
    told = [bytes.fromhex(found.get(row, 32 * "0")) for row in rows.tolist()]
    return halves(pa.array(told, _DIGEST))
