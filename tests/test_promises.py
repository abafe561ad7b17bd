"""What a store promises of memory, descriptors, settings and encoders."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.config import BuildConfig
from lepton_local.errors import VersionError
from lepton_local.indexing import builder, ingest
from lepton_local.indexing.known import KnownVectors
from lepton_local.search.searcher import Searcher
from lepton_local.store import ann, dense
from lepton_local.store.index import Index
from lepton_local.store.schema import PASSAGES
from lepton_local.store.storage import Memory
from tests.conftest import WordEncoder
from tests.test_update import PLAIN


class Other(WordEncoder):
    """The same vectors under another name."""

    digest = "sha256:other"


def test_another_encoder_is_refused_by_an_update(notes: Path, encoder: WordEncoder) -> None:
    """Its vectors would stand among the others, and could not be compared."""
    place = Memory()
    builder.build(notes, place, encoder=encoder)
    (notes / "kite.txt").write_text("A kite needs wind.\n")
    other = Other()
    with pytest.raises(VersionError, match="not by words"):
        builder.update(place, encoder=other)
    assert not other.encoded
    assert Index.open(place).manifest.generation == 1


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment of 200 vectors of 64 numbers is a large one."""
    for each in (dense, ann):
        monkeypatch.setattr(each, "EXACT_NUMBERS", 200 * 64)
    monkeypatch.setattr(dense, "FEW_ROWS", 10)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(("kind", "factory"), [("auto", "RaBitQ"), ("hnsw", "HNSW32,SQ8")])
def test_faiss_and_recall_hold_for_every_segment(
    tmp_path: Path, encoder: WordEncoder, kind: str, factory: str
) -> None:
    """Whether one document made it, or many, or an update, or a compaction."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    config = BuildConfig(faiss=kind, recall=0.5, chunk_tokens=16)

    def write(name: str) -> None:
        lines = [f"Sentence {i} of {name} is about otter number {i * 7}." for i in range(400)]
        (corpus / f"{name}.txt").write_text("\n\n".join(lines))

    def tuned(index: Index) -> list[tuple[Any, Any]]:
        found = [segment.text.entry.faiss for segment in index.segments]
        return [(each.get("factory"), each.get("wanted")) for each in found]

    place = Memory()
    write("one")
    assert tuned(builder.build(corpus, place, config, encoder=encoder).index) == [(factory, 0.5)]
    write("two")
    updated = builder.update(place, encoder=encoder).index
    assert tuned(updated) == [(factory, 0.5)] * 2
    found = Searcher(updated, encoder=encoder, config=PLAIN).search("otter number 777", k=3)
    assert "777" in found[0].passage.text
    assert tuned(builder.compact(place).index) == [(factory, 0.5)]


def test_a_batch_that_is_written_leaves_the_memory(
    tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any number of batches, the vectors of the one that is encoded, and of the one before."""
    for number in range(60):
        (tmp_path / f"{number}.txt").write_text(f"Note {number} about otters.\n")
    monkeypatch.setattr(ingest, "FIRST_ROWS", 3)
    monkeypatch.setattr(ingest, "BATCH_ROWS", 3)
    held: list[weakref.ref[np.ndarray]] = []
    most = batches = 0
    hold = KnownVectors.hold

    def counted(known: KnownVectors, digests: pa.Array, vectors: np.ndarray) -> None:
        nonlocal most, batches
        held.append(weakref.ref(vectors))
        hold(known, digests, vectors)
        most, batches = max(most, sum(each() is not None for each in held)), batches + 1

    monkeypatch.setattr(KnownVectors, "hold", counted)
    assert builder.build(tmp_path, Memory(), encoder=encoder).encoded == 60
    assert batches == 20
    assert most <= 3


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=12), min_size=1, max_size=20))
def test_vectors_are_known_by_their_digests(batches: list[list[int]]) -> None:
    """As a dictionary knows them, of any number of batches; of equal digests, any vector."""
    known, plain = KnownVectors(Memory(), [], encoder=""), set[int]()
    for batch in batches:
        digests = pa.array([bytes([n] * 16) for n in batch], PASSAGES.field("text_digest").type)
        out = np.zeros((len(batch), 1), dtype=np.float16)
        there = known.look_up(digests, out)
        assert there.tolist() == [n in plain for n in batch]
        assert all(out[i, 0] == batch[i] for i in np.flatnonzero(there))
        known.hold(digests, np.array(batch, dtype=np.float16)[:, None])
        plain.update(batch)


def test_looking_up_costs_no_more_for_every_segment() -> None:
    """A thousand batches are a few sorted runs, not a thousand tables."""
    known = KnownVectors(Memory(), [], encoder="")
    kind = PASSAGES.field("text_digest").type
    for number in range(1000):
        digests = pa.array([(number * 4 + i).to_bytes(16, "big") for i in range(4)], kind)
        known.hold(digests, np.zeros((4, 1), dtype=np.float16))
    assert len(known._runs) <= 12


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors by /proc")
def test_an_open_index_holds_a_few_descriptors(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """A map of each file keeps one, and nothing else does, whatever is asked; closing lets go."""

    def open_files() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    index = tmp_path / "index"
    builder.build(notes, index, encoder=encoder)
    for number in range(5):
        (notes / f"{number}.txt").write_text(f"Otter {number} sleeps.\n")
        builder.update(index, encoder=encoder)
    before = open_files()
    with Index.open(index) as opened:
        segments = len(opened.segments)
        assert segments > 3
        assert open_files() - before <= 6 * segments
        searcher = Searcher(opened, encoder=encoder, config=PLAIN)
        searcher.search('"otter 3"')
        searcher.search("bread", filters=["path:*.md"])
        assert open_files() - before <= 6 * segments
    del searcher
    assert open_files() == before
