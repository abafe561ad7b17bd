"""Sources to segments: read, parse, chunk, count the words, encode, write. Nothing here commits.

While a batch of passages is encoded, which takes longest, one thread prepares the next and another
writes the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

import numpy as np
import pyarrow as pa

from lepton_local.config import BuildConfig
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.isolate import Parsed
from lepton_local.corpus.pieces import blank_rules
from lepton_local.corpus.symbols import Places, places, symbols
from lepton_local.indexing.encoded import text_digest, words
from lepton_local.indexing.known import KnownVectors
from lepton_local.indexing.tables import document_table, passage_table
from lepton_local.indexing.tally import Tally
from lepton_local.models.headed import encoded_texts, room
from lepton_local.models.roles import Encoder
from lepton_local.store import lexical, segment
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.schema import PASSAGES
from lepton_local.store.storage import Storage
from lepton_local.types import Document, Passage

# Passages of a segment. A build that is stopped loses those of the segment it was at, one that is
# killed those of the segment before as well, and nobody likes to lose a minute: the first segments
# are small, and each is as large as all before it. While the very first is prepared, no core
# encodes.
BATCH_ROWS = 4096
BATCH_SIZE = 64 << 20  # characters of a segment; it has a tenth of that, but for strange documents
FIRST_ROWS = 128


class Sources(Protocol):
    """Parsed sources, one after another. Closed from another thread, it wakes who waits for one."""

    def __iter__(self) -> Iterator[Parsed]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents and their passages as they will be written, and what is to be encoded for them."""

    documents: pa.Table
    passages: pa.Table
    digests: pa.Array  # of each passage
    texts: list[str]  # what the encoder reads of each passage
    postings: lexical.Postings
    share: float  # of all bytes, that have been prepared with it


@dataclass(frozen=True, slots=True)
class _Held:
    """Passages of a document, all or some. Its text is not held; what cites it (marks) is, with the
    first of them.
    """

    document: Document
    characters: int  # of its text
    passages: list[Passage]
    share: float  # of the text
    places: Places  # of what the document names

    @property
    def size(self) -> int:
        """About how many characters are held."""
        told = (*self.document.metadata.values(), *(mark.label for mark in self.document.marks))
        return sum(map(len, told)) + sum(len(passage.text) for passage in self.passages)


def ingest(
    sources: Sources,
    storage: Storage,
    *,
    encoder: Encoder,
    config: BuildConfig,
    known: KnownVectors,
    first_number: int,
    tally: Tally,
) -> list[SegmentEntry]:
    """Write parsed sources as segments, a batch at a time; gives their entries.

    A document of more passages than a batch may have goes on in the next segment, where it is named
    again: `merge` makes one document of them.
    A vector depends on (heading path, text) alone: equal passages are encoded once, now or earlier.
    At most one batch is prepared ahead. Whatever ends this early, the batches that were encoded are
    written, and `sources` is closed.
    """
    entries: list[SegmentEntry] = []
    with (
        ThreadPoolExecutor(1) as writer,
        ThreadPoolExecutor(1) as preparer,
        closing(sources),
    ):
        batches = _batches(sources, encoder, config, tally)
        coming = preparer.submit(next, batches, None)
        writing: Future[SegmentEntry] | None = None
        number = first_number
        try:
            while (batch := coming.result()) is not None:
                coming = preparer.submit(next, batches, None)
                tally.foresee(len(batch.texts), batch.share)
                with tally.timed("encode"):
                    vectors = _vectors(batch, encoder, known, tally)
                if writing is not None:
                    entries.append(writing.result())
                    known.release(entries[-1])
                known.hold(batch.digests, vectors)
                writing = writer.submit(_write, storage, number, batch, vectors, encoder, tally)
                number += 1
            if writing is not None:
                entries.append(writing.result())
        finally:
            # A failure holds this frame: if they held the failure, its files would stay open.
            del coming, writing
    return entries


def _write(
    storage: Storage,
    number: int,
    batch: Batch,
    vectors: np.ndarray,
    encoder: Encoder,
    tally: Tally,
) -> SegmentEntry:
    with tally.timed("write"):
        draft = segment.write(
            storage,
            [batch.documents],
            [batch.passages],
            [vectors],
            batch.postings,
            dim=encoder.dim,
            encoder=encoder.digest,
        )
        return segment.finish(storage, number, draft)


def _batches(
    sources: Sources, encoder: Encoder, config: BuildConfig, tally: Tally
) -> Iterator[Batch | None]:
    tokens = max(1, min(config.chunk_tokens, room(encoder)))
    overlap = min(config.overlap_tokens, tokens // 2)
    held: list[_Held] = []
    rows = size = before = 0
    for item in sources:
        tally.spent("parse", item.seconds)
        tally.skipped.extend(item.refused)
        if not item.documents:
            tally.bytes += item.source.size
            continue
        tally.sources.append(item.source)
        share = item.source.size // len(item.documents)
        for document in item.documents:
            passages = chunk(document, encoder.spans, tokens=tokens, overlap=overlap)
            for block in _blocks(document, passages, tally):
                held.append(block)
                rows += len(block.passages)
                size += block.size
                tally.bytes += round(share * block.share)
                if rows >= min(BATCH_ROWS, max(FIRST_ROWS, before)) or size >= BATCH_SIZE:
                    yield _batch(held, encoder, tally)
                    before += rows
                    held, rows, size = [], 0, 0
    if held:
        yield _batch(held, encoder, tally)


def _blocks(document: Document, passages: Iterator[Passage], tally: Tally) -> Iterator[_Held]:
    """The passages of a document, as many at a time as a batch may have."""
    characters, done = len(document.text), 0
    bare, found = replace(document, text=""), places(document)
    while True:
        with tally.timed("chunk"):
            block = list(islice(passages, BATCH_ROWS))
        if not block:
            return
        end = block[-1].end if len(block) == BATCH_ROWS else characters
        yield _Held(bare, characters, block, (end - done) / characters, found)
        if len(block) < BATCH_ROWS:
            return
        bare, done = replace(bare, marks=()), end


def _batch(held: list[_Held], encoder: Encoder, tally: Tally) -> Batch:
    flat = [passage for each in held for passage in each.passages]
    with tally.timed("chunk"):
        headings, bare = [p.heading for p in flat], [blank_rules(p.text) for p in flat]
        made = [text_digest(*each) for each in zip(headings, bare, strict=True)]
        digests = pa.array(made, PASSAGES.field("text_digest").type)
        texts = encoded_texts(headings, bare, encoder)
        groups = [each.passages for each in held]
        tables = (
            document_table(
                [each.document for each in held],
                [each.characters for each in held],
                [len(group) for group in groups],
            ),
            passage_table(groups, digests),
        )
    with tally.timed("words"):
        counted = lexical.count(
            (words(each.document, p) for each in held for p in each.passages),
            (symbols(each.document, each.places, p) for each in held for p in each.passages),
        )
    share = tally.bytes / tally.total_bytes if tally.total_bytes else 1.0
    return Batch(*tables, digests, texts, counted, share)


def _vectors(batch: Batch, encoder: Encoder, known: KnownVectors, tally: Tally) -> np.ndarray:
    """Vectors of passages (n, dim) float16: looked up where an equal one has been made before."""
    vectors = np.zeros((len(batch.texts), encoder.dim), dtype=np.float16)
    there = known.look_up(batch.digests, vectors)
    tally.advance(int(there.sum()))
    missing = np.flatnonzero(~there)
    if len(missing):
        same = batch.digests.take(pa.array(missing)).dictionary_encode().indices.to_numpy()
        firsts = np.unique(same, return_index=True)[1]
        texts = [batch.texts[row] for row in missing[firsts]]
        made = encoder.encode(texts, progress=tally.advance)
        vectors[missing] = made.astype(np.float16)[same]
        tally.encoded += len(texts)
        tally.advance(len(missing) - len(texts))
    return vectors
