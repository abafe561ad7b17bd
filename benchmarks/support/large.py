"""A large index that nobody encoded: real passages recombined, their vectors moved a little.

Speed depends on how many rows, words and postings there are and how vectors lie among each other,
not on what they say. A passage made here is the first half of one real passage and the second half
of another, and now and then a word that no real passage has (two real ones joined, drawn by Zipf's
law: a vocabulary grows with its corpus). Its vector is the first passage's, moved along the
difference of two others', which keeps neighbours about as near as in a real index of that size.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_local.config import BuildConfig
from lepton_local.corpus.pieces import blank_rules
from lepton_local.indexing.commit import commit, writer_lock
from lepton_local.indexing.encoded import text_digest, words
from lepton_local.indexing.merge import merge_chosen
from lepton_local.indexing.report import silent
from lepton_local.indexing.tables import document_table, passage_table
from lepton_local.indexing.tally import Tally
from lepton_local.store import lexical, segment
from lepton_local.store.entry import SegmentEntry
from lepton_local.store.folder import Folder
from lepton_local.store.index import Index
from lepton_local.store.manifest import Manifest
from lepton_local.store.schema import PASSAGES
from lepton_local.store.storage import Storage
from lepton_local.types import Document, Passage, Source

PIECE = 25_000  # rows that are made, counted and written at a time
LONGEST = 12  # passages of a document; half of the documents have one, as rows of a table have
JITTER = 0.5  # how far a vector moves along the difference of two others
NEW_WORDS = 2  # joined words a passage
SUFFIXES = (".md", ".txt", ".html", ".py")
FIRST_DAY = datetime.date(2015, 1, 1)


def grow(
    base: Index, folder: Path, *, rows: int, config: BuildConfig, seed: int = 0, pieces: int = 1
) -> Index:
    """Write an index of `rows` passages made from those of the first segment of `base`; one that is
    there is used again.

    config: how it says that it was built; of it, `faiss` and `recall` matter here; pieces: how many
    segments it has.
    """
    if (folder / "manifest.json").exists():
        return Index.open(folder)
    storage = Folder(folder)
    with writer_lock(storage):
        return _written(base, storage, rows=rows, config=config, seed=seed, pieces=pieces)


def _written(
    base: Index, storage: Storage, *, rows: int, config: BuildConfig, seed: int, pieces: int
) -> Index:
    texts = base.take_passages(np.arange(len(base.live[0])), ["heading", "text"])
    made = _Maker(
        texts.column("heading").to_pylist(),
        texts.column("text").to_pylist(),
        np.asarray(base.segments[0].text.vectors, dtype=np.float32),
        np.random.default_rng(seed),
        f"{storage.place}/made",
    )
    entries: list[SegmentEntry] = []
    while (done := sum(entry.rows for entry in entries)) < rows:
        piece = made.piece(min(PIECE, -(-rows // pieces), rows - done), done)
        encoder = base.manifest.encoder.digest
        entries.append(_write(storage, len(entries) + 1, *piece, encoder=encoder))
    config = replace(config, device="cpu")
    if pieces == 1:
        entries = merge_chosen(storage, entries, entries, config, Tally(silent))
    commit(storage, Manifest(1, config, base.manifest.encoders, (made.root,), tuple(entries)))
    return Index.open(storage)


class _Maker:
    """Makes documents, their passages and the vectors of these."""

    def __init__(
        self,
        headings: list[str],
        texts: list[str],
        vectors: np.ndarray,
        random: np.random.Generator,
        root: str,
    ) -> None:
        self._headings, self._texts, self._vectors = headings, texts, vectors
        self._random = random
        self.root = root
        self._words = sorted({word for text in texts for word in text.split() if word.isalpha()})

    def piece(
        self, rows: int, before: int
    ) -> tuple[list[Document], list[list[Passage]], np.ndarray]:
        """Documents with `rows` passages in all, grouped by document, and (rows, dim) float16."""
        chosen = self._random.integers(len(self._texts), size=(rows, 4))
        first, _, plus, minus = (self._vectors[column] for column in chosen.T)
        vectors = first + JITTER * (plus - minus)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        documents, passages, row = [], [], 0
        while row < rows:
            many = int(self._random.integers(2, LONGEST)) if self._random.random() < 0.5 else 1
            document = self._document(before + row, self._headings[chosen[row, 0]])
            group, start, line = [], 0, 1
            for a, b, *_ in chosen[row : row + many]:
                text = self._text(self._texts[a], self._texts[b])
                heading = self._headings[a]
                group.append(
                    Passage(document.id, start, start + len(text), text, "", heading, line)
                )
                start, line = start + len(text) + 2, line + text.count("\n") + 2
            documents.append(document)
            passages.append(group)
            row += len(group)
        return documents, passages, vectors.astype(np.float16)

    def _document(self, number: int, heading: str) -> Document:
        suffix = SUFFIXES[int(self._random.integers(len(SUFFIXES)))]
        day = FIRST_DAY + datetime.timedelta(days=int(self._random.integers(4000)))
        title = heading.split(" > ")[0] or f"Document {number}"
        path = f"{number % 97:02}/{number % 89:02}/document-{number:07}{suffix}"
        source = Source(self.root, path, 1, 1, f"sha256:{number:064x}")
        return Document(source, "", title, titled=True, metadata={"date": day.isoformat()})

    def _text(self, one: str, other: str) -> str:
        """The first half of one text, words that are new, and the second half of another."""
        cut, rest = len(one) // 2, len(other) // 2
        head = one[: one.find(" ", cut)] if one.find(" ", cut) > 0 else one
        many = len(self._words)
        joined = [
            self._words[n * 7919 % many] + self._words[n * 104_729 // many % many]
            for n in self._random.zipf(1.2, NEW_WORDS).clip(max=1 << 40).tolist()
        ]
        return f"{head} {' '.join(joined)} {other[other.find(' ', rest) + 1 :]}"


def _write(
    storage: Storage,
    number: int,
    documents: list[Document],
    passages: list[list[Passage]],
    vectors: np.ndarray,
    *,
    encoder: str,
) -> SegmentEntry:
    """One piece as a segment, as a build writes its own."""
    flat = [passage for group in passages for passage in group]
    made = [text_digest(p.heading, blank_rules(p.text)) for p in flat]
    digests = pa.array(made, PASSAGES.field("text_digest").type)
    characters = [len(document.text) for document in documents]
    counted = lexical.count(
        words(d, p) for d, group in zip(documents, passages, strict=True) for p in group
    )
    draft = segment.write(
        storage,
        [document_table(documents, characters, [len(group) for group in passages])],
        [passage_table(passages, digests)],
        [vectors],
        counted,
        dim=vectors.shape[1],
        encoder=encoder,
    )
    return segment.finish(storage, number, draft)
