"""Sources to segments: read, parse, chunk, count the words, encode, write. Nothing here commits.

While a batch of passages is encoded, which takes longest, one thread prepares the next and another
writes the last.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from lepton_local.config import BuildConfig
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.isolate import Parsed
from lepton_local.corpus.pieces import blank_rules
from lepton_local.corpus.words import terms
from lepton_local.indexing.known import KnownVectors
from lepton_local.indexing.report import STAGES, Progress
from lepton_local.indexing.tables import document_table, passage_table
from lepton_local.models.roles import Encoder
from lepton_local.store import lexical, segment
from lepton_local.store.manifest import SegmentEntry
from lepton_local.store.schema import PASSAGES
from lepton_local.types import Document, Passage, Skipped, Source

# Passages of a segment. A build that is stopped loses those of the segment it was at, one that is
# killed those of the segment before as well, and nobody likes to lose a minute: the first segments
# are small, and each is as large as all before it. While the very first is prepared, no core
# encodes.
BATCH_ROWS = 4096
FIRST_ROWS = 128
# Word pieces kept for the heading path in front of a passage, and for the two that frame every
# input.
HEADING_TOKENS = 48
FRAME_TOKENS = 2


class Sources(Protocol):
    """Parsed sources, one after another. Closed from another thread, it wakes who waits for one."""

    def __iter__(self) -> Iterator[Parsed]: ...

    def close(self) -> None: ...


@dataclass
class Outcome:
    """What becomes of the sources, filled while `ingest` runs, and told as it fills."""

    progress: Progress
    total_bytes: int = 0  # of all the sources to come
    skipped: list[Skipped] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)  # those that gave documents
    bytes: int = 0  # of the sources prepared so far
    passages: int = 0  # that have a vector
    encoded: int = 0  # of these, the ones that had none before
    # By stage; each is timed in one thread alone.
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    expected: int = 0  # passages in all, as far as can be told

    def foresee(self, passages: int, share: float) -> None:
        """Expect these passages now; with them, `share` of all bytes has been prepared, and from
        the rest as many again are expected from every byte.
        """
        parsed = self.passages + passages
        self.expected = max(parsed, round(parsed / share)) if 0 < share < 1 else parsed

    def advance(self, passages: int) -> None:
        """So many more passages have a vector."""
        self.passages += passages
        self.progress("encode", self.passages, self.expected)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds of a block to a stage."""
        began = time.perf_counter()
        yield
        self.spent(stage, time.perf_counter() - began)

    def spent(self, stage: str, seconds: float) -> None:
        """A stage has taken so much longer."""
        self.seconds[stage] += seconds


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents and their passages as they will be written, and what is to be encoded for them."""

    documents: pa.Table
    passages: pa.Table
    digests: pa.Array  # of each passage
    texts: list[str]  # what the encoder reads of each passage
    postings: lexical.Postings
    share: float  # of all bytes, that have been prepared with it


def ingest(
    sources: Sources,
    folder: Path,
    *,
    encoder: Encoder,
    config: BuildConfig,
    known: KnownVectors,
    first_number: int,
    outcome: Outcome,
) -> list[SegmentEntry]:
    """Write parsed sources as segments under `folder`, a batch at a time; gives their entries.

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
        batches = _batches(sources, encoder, config, outcome)
        coming = preparer.submit(next, batches, None)
        writing: Future[SegmentEntry] | None = None
        number = first_number
        try:
            while (batch := coming.result()) is not None:
                coming = preparer.submit(next, batches, None)
                outcome.foresee(len(batch.texts), batch.share)
                with outcome.timed("encode"):
                    vectors = _vectors(batch, encoder, known, outcome)
                if writing is not None:
                    entries.append(writing.result())
                    known.release(entries[-1])
                known.hold(batch.digests, vectors)
                writing = writer.submit(_write, folder, number, batch, vectors, encoder, outcome)
                number += 1
            if writing is not None:
                entries.append(writing.result())
        finally:
            # A failure holds this frame: if they held the failure, its files would stay open.
            del coming, writing
    return entries


def _write(
    folder: Path,
    number: int,
    batch: Batch,
    vectors: np.ndarray,
    encoder: Encoder,
    outcome: Outcome,
) -> SegmentEntry:
    with outcome.timed("write"):
        return segment.write(
            folder,
            number,
            [batch.documents],
            [batch.passages],
            [vectors],
            batch.postings,
            dim=encoder.dim,
            encoder=encoder.digest,
        )


def _batches(
    sources: Sources, encoder: Encoder, config: BuildConfig, outcome: Outcome
) -> Iterator[Batch | None]:
    room = encoder.max_tokens - FRAME_TOKENS - heading_tokens(encoder)
    tokens = max(1, min(config.chunk_tokens, room))
    overlap = min(config.overlap_tokens, tokens // 2)
    documents: list[Document] = []
    passages: list[list[Passage]] = []
    rows = before = 0
    for item in sources:
        outcome.spent("parse", item.seconds)
        outcome.skipped.extend(item.refused)
        if not item.documents:
            outcome.bytes += item.source.size
            continue
        outcome.sources.append(item.source)
        for document in item.documents:
            with outcome.timed("chunk"):
                group = list(chunk(document, encoder.spans, tokens=tokens, overlap=overlap))
            if group:
                documents.append(document)
                passages.append(group)
                rows += len(group)
                outcome.bytes += item.source.size // len(item.documents)
            if rows >= min(BATCH_ROWS, max(FIRST_ROWS, before)):
                yield _batch(documents, passages, encoder, outcome)
                before += rows
                documents, passages, rows = [], [], 0
    if documents:
        yield _batch(documents, passages, encoder, outcome)


def _batch(
    documents: list[Document], passages: list[list[Passage]], encoder: Encoder, outcome: Outcome
) -> Batch:
    flat = [passage for group in passages for passage in group]
    with outcome.timed("chunk"):
        digests = pa.array([text_digest(p) for p in flat], PASSAGES.field("text_digest").type)
        texts = [encoded_text(passage, encoder) for passage in flat]
        tables = (
            document_table(documents, [len(group) for group in passages]),
            passage_table(passages, digests),
        )
    with outcome.timed("words"):
        counted = lexical.count(
            words(d, p) for d, group in zip(documents, passages, strict=True) for p in group
        )
    share = outcome.bytes / outcome.total_bytes if outcome.total_bytes else 1.0
    return Batch(*tables, digests, texts, counted, share)


def _vectors(batch: Batch, encoder: Encoder, known: KnownVectors, outcome: Outcome) -> np.ndarray:
    """Vectors of passages (n, dim) float16: looked up where an equal one has been made before."""
    vectors = np.zeros((len(batch.texts), encoder.dim), dtype=np.float16)
    there = known.look_up(batch.digests, vectors)
    outcome.advance(int(there.sum()))
    missing = np.flatnonzero(~there)
    if len(missing):
        same = batch.digests.take(pa.array(missing)).dictionary_encode().indices.to_numpy()
        firsts = np.unique(same, return_index=True)[1]
        texts = [batch.texts[row] for row in missing[firsts]]
        made = encoder.encode(texts, progress=outcome.advance)
        vectors[missing] = made.astype(np.float16)[same]
        outcome.encoded += len(texts)
        outcome.advance(len(missing) - len(texts))
    return vectors


def encoded_text(passage: Passage, encoder: Encoder) -> str:
    """What the encoder reads: the heading path's last few word pieces, and the text; no rules."""
    text = blank_rules(passage.text)
    if not passage.heading:
        return text
    pieces, most = encoder.spans(passage.heading), heading_tokens(encoder)
    start = int(pieces[-most][0]) if len(pieces) > most else 0
    return f"{passage.heading[start:]}\n{text}"


def heading_tokens(encoder: Encoder) -> int:
    """Word pieces kept for the heading path; no more than the half of what an encoder reads."""
    return max(1, min(HEADING_TOKENS, (encoder.max_tokens - FRAME_TOKENS) // 2))


def text_digest(passage: Passage) -> bytes:
    """16 bytes that two passages share when, and only when, the same text is encoded for them."""
    encoded = f"{passage.heading}\0{blank_rules(passage.text)}"
    return hashlib.blake2b(encoded.encode(), digest_size=16).digest()


def words(document: Document, passage: Passage) -> list[str]:
    """What BM25 sees: title, heading path and text. A title made from a file's name costs no
    vector, so it counts too.
    """
    parts = (
        [passage.heading, passage.text]
        if document.titled
        else [document.title, passage.heading, passage.text]
    )
    return terms("\n".join(parts), language=document.language)
