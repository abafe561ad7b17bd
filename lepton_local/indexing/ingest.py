"""Sources to segments: read, parse, chunk, count the words, encode, write. Nothing here commits."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_local.config import BuildConfig
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.isolate import Parsed
from lepton_local.corpus.words import terms
from lepton_local.indexing.report import Progress
from lepton_local.models.roles import Encoder
from lepton_local.store import lexical, segment
from lepton_local.store.manifest import SegmentEntry
from lepton_local.store.passages import Rows
from lepton_local.store.schema import DOCUMENTS, PASSAGES, PASSAGES_FILE, VECTORS_FILE
from lepton_local.types import Document, Passage, Skipped, Source

# Passages of a segment. A build that is stopped loses those of the segment it was at, and nobody
# likes to lose a minute: the first segments are small, and each is as large as all before it.
BATCH_ROWS = 4096
FIRST_ROWS = 512
# Word pieces kept for the heading path in front of a passage, and for the two that frame every
# input.
HEADING_TOKENS = 48
FRAME_TOKENS = 2


@dataclass
class Outcome:
    """What becomes of the sources, filled while `ingest` runs, and told as it fills."""

    progress: Progress
    total_bytes: int = 0  # of all the sources to come
    skipped: list[Skipped] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)  # those that gave documents
    bytes: int = 0  # of the sources parsed so far
    passages: int = 0  # that have a vector
    encoded: int = 0  # of these, the ones that had none before
    seconds: dict[str, float] = field(
        default_factory=lambda: dict.fromkeys(("parse", "encode", "write"), 0.0)
    )
    expected: int = 0  # passages in all, as far as can be told

    def foresee(self, passages: int) -> None:
        """Expect these passages now, and as many again from every byte that is still to come."""
        parsed = self.passages + passages
        share = self.bytes / self.total_bytes if self.total_bytes else 1.0
        self.expected = max(parsed, round(parsed / share)) if 0 < share < 1 else parsed

    def advance(self, passages: int) -> None:
        """So many more passages have a vector."""
        self.passages += passages
        self.progress("encode", self.passages, self.expected)


class KnownVectors:
    """Vectors that earlier work has made, found by the digest of what was encoded.

    Files are opened when they are asked: a large build makes hundreds of segments, and a process
    may hold a few hundred files.
    """

    def __init__(self, segments: Path, entries: Iterable[SegmentEntry]) -> None:
        self._segments = segments
        self._known: list[tuple[Path, pa.Array]] = []
        for entry in entries:
            self.add(entry)

    def add(self, entry: SegmentEntry) -> None:
        """Know the vectors of a further segment."""
        folder = self._segments / entry.name
        column = Rows(folder / PASSAGES_FILE).column("text_digest")
        empty = pa.array([], column.type)
        self._known.append((folder / VECTORS_FILE, pa.concat_arrays([empty, *column.chunks])))

    def look_up(self, digests: pa.Array, out: np.ndarray) -> np.ndarray:
        """Fill the rows of `out` (n, dim) whose digest is known; (n,) bool says which those are."""
        known = np.zeros(len(digests), dtype=bool)
        for vectors, column in self._known:
            found = pc.index_in(digests, value_set=column)
            there = found.is_valid().to_numpy(zero_copy_only=False) & ~known
            if there.any():
                out[there] = np.load(vectors, mmap_mode="r")[found.fill_null(0).to_numpy()[there]]
                known |= there
        return known


def ingest(
    sources: Iterable[Parsed],
    folder: Path,
    *,
    encoder: Encoder,
    config: BuildConfig,
    known: KnownVectors,
    first_number: int,
    outcome: Outcome,
) -> Iterator[SegmentEntry]:
    """Write parsed sources as segments under `folder`, a batch at a time, and give each one's
    entry.

    A vector depends on (heading path, text) alone: equal passages are encoded once, now or earlier.
    """
    clock = outcome.seconds
    batches = _batches(sources, encoder, config, outcome)
    for number, (documents, passages) in enumerate(batches, start=first_number):
        began = time.perf_counter()
        flat = [passage for group in passages for passage in group]
        digests = pa.array([text_digest(p) for p in flat], PASSAGES.field("text_digest").type)
        outcome.foresee(len(flat))
        vectors = _vectors(flat, digests, encoder, known, outcome)
        clock["encode"] += time.perf_counter() - began
        began = time.perf_counter()
        counted = lexical.count(
            words(d, p) for d, group in zip(documents, passages, strict=True) for p in group
        )
        entry = segment.write(
            folder,
            number,
            document_table(documents, [len(group) for group in passages]),
            [passage_table(passages, digests)],
            vectors,
            counted,
            encoder=encoder.digest,
        )
        known.add(entry)
        clock["write"] += time.perf_counter() - began
        yield entry


def _batches(
    sources: Iterable[Parsed], encoder: Encoder, config: BuildConfig, outcome: Outcome
) -> Iterator[tuple[list[Document], list[list[Passage]]]]:
    room = encoder.max_tokens - FRAME_TOKENS - heading_tokens(encoder)
    tokens = max(1, min(config.chunk_tokens, room))
    overlap = min(config.overlap_tokens, tokens // 2)
    documents: list[Document] = []
    passages: list[list[Passage]] = []
    rows = 0
    began = time.perf_counter()
    for item in sources:
        outcome.skipped.extend(item.refused)
        if not item.documents:
            outcome.bytes += item.source.size
            continue
        outcome.sources.append(item.source)
        for document in item.documents:
            group = chunk(document, encoder.spans, tokens=tokens, overlap=overlap)
            if group:
                documents.append(document)
                passages.append(group)
                rows += len(group)
                outcome.bytes += item.source.size // len(item.documents)
            if rows >= min(BATCH_ROWS, max(FIRST_ROWS, outcome.passages)):
                outcome.seconds["parse"] += time.perf_counter() - began
                yield documents, passages
                documents, passages, rows = [], [], 0
                began = time.perf_counter()
    outcome.seconds["parse"] += time.perf_counter() - began
    if documents:
        yield documents, passages


def _vectors(
    passages: list[Passage],
    digests: pa.Array,
    encoder: Encoder,
    known: KnownVectors,
    outcome: Outcome,
) -> np.ndarray:
    """Vectors of passages (n, dim) float16: looked up where an equal one has been made before."""
    vectors = np.zeros((len(passages), encoder.dim), dtype=np.float16)
    there = known.look_up(digests, vectors)
    outcome.advance(int(there.sum()))
    missing = np.flatnonzero(~there)
    if len(missing):
        same = digests.take(pa.array(missing)).dictionary_encode().indices.to_numpy()
        firsts = np.unique(same, return_index=True)[1]
        texts = [encoded_text(passages[row], encoder) for row in missing[firsts]]
        made = encoder.encode(texts, progress=outcome.advance)
        vectors[missing] = made.astype(np.float16)[same]
        outcome.encoded += len(texts)
        outcome.advance(len(missing) - len(texts))
    return vectors


def encoded_text(passage: Passage, encoder: Encoder) -> str:
    """What the encoder reads: the heading path's last few word pieces, and the text."""
    if not passage.heading:
        return passage.text
    pieces, most = encoder.spans(passage.heading), heading_tokens(encoder)
    start = int(pieces[-most][0]) if len(pieces) > most else 0
    return f"{passage.heading[start:]}\n{passage.text}"


def heading_tokens(encoder: Encoder) -> int:
    """Word pieces kept for the heading path; no more than the half of what an encoder reads."""
    return max(1, min(HEADING_TOKENS, (encoder.max_tokens - FRAME_TOKENS) // 2))


def text_digest(passage: Passage) -> bytes:
    """16 bytes that two passages share when, and only when, the same text is encoded for them."""
    return hashlib.blake2b(f"{passage.heading}\0{passage.text}".encode(), digest_size=16).digest()


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


def document_table(documents: list[Document], rows: list[int]) -> pa.Table:
    """Rows of documents.parquet."""
    first = np.cumsum([0, *rows])[:-1]
    return pa.Table.from_pylist(
        [
            {
                "root": d.source.root,
                "path": d.source.path,
                "key": d.key,
                "digest": d.source.digest,
                "size": d.source.size,
                "mtime_ns": d.source.mtime_ns,
                "title": d.title,
                "exact": d.exact,
                "language": d.language,
                "date": d.metadata.get("date") or day(d.source.mtime_ns),
                "metadata": json.dumps(dict(d.metadata), ensure_ascii=False),
                "characters": len(d.text),
                "marks": [{"start": m.start, "label": m.label} for m in d.marks],
                "first_row": int(f),
                "rows": n,
            }
            for d, f, n in zip(documents, first, rows, strict=True)
        ],
        schema=DOCUMENTS,
    )


def passage_table(passages: list[list[Passage]], digests: pa.Array) -> pa.Table:
    """Rows of passages.parquet; passages are grouped by document."""
    flat = [passage for group in passages for passage in group]
    columns: dict[str, Any] = {
        name: [getattr(p, name) for p in flat]
        for name in ("start", "end", "line", "column", "mark", "heading", "text")
    }
    columns["document"] = np.repeat(np.arange(len(passages)), [len(group) for group in passages])
    columns["text_digest"] = digests
    return pa.table({name: columns[name] for name in PASSAGES.names}, schema=PASSAGES)


def day(mtime_ns: int) -> str:
    """The day, in UTC, of a file's time."""
    return datetime.fromtimestamp(mtime_ns // 1_000_000_000, tz=UTC).date().isoformat()
