"""Each engine against a second one: BM25 against bm25s, the exact scan and FAISS against brute
force.
"""

from __future__ import annotations

import tracemalloc
from functools import partial
from pathlib import Path
from typing import Any

import bm25s
import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.cli.describe import info_lines
from lepton_local.config import BuildConfig
from lepton_local.corpus.words import terms
from lepton_local.errors import DependencyError, InputError
from lepton_local.indexing import builder
from lepton_local.search.bm25 import K1, B
from lepton_local.search.lexical import counted, lexical_scores, weigh
from lepton_local.search.words import Word
from lepton_local.store import ann, dense, lexical
from lepton_local.store.entry import FieldEntry
from lepton_local.store.storage import Memory, map_file
from tests.conftest import WordEncoder

WORDS = ["otter", "heron", "river", "stone", "willow", "moss", "rain", "ferry", "lantern", "quay"]
EMPTY = np.empty((0, 2), dtype=np.int32)


def test_bm25_equals_bm25s(tmp_path: Path, encoder: WordEncoder) -> None:
    """Counts on disk, scored at search time over two segments, against a library that scores when
    it indexes.
    """
    random = np.random.default_rng(3)
    texts = [" ".join(random.choice(WORDS, size=random.integers(3, 40))) for _ in range(80)]
    folder = tmp_path / "texts"
    folder.mkdir()
    for i, text in enumerate(texts[:50]):
        (folder / f"{i:03}.txt").write_text(text)
    builder.build(folder, tmp_path / "index", encoder=encoder)
    for i, text in enumerate(texts[50:], start=50):
        (folder / f"{i:03}.txt").write_text(text)
    index = builder.update(tmp_path / "index", encoder=encoder).index
    assert len(index.segments) == 2

    every = [[*terms(f"{i:03}.txt"), *terms(text)] for i, text in enumerate(texts)]
    other = bm25s.BM25(k1=K1, b=B, method="lucene")
    other.index(every, show_progress=False)
    for question in (["otter"], ["heron", "moss", "ferry"], ["stone", "stone", "unknown"]):
        words = [Word((term,)) for word in question for term in terms(word)]
        weighed = weigh(index.statistics, words)
        ours = np.concatenate(
            [
                lexical_scores(
                    counted(segment.lexical, weighed, index.statistics), np.arange(len(live))
                )
                for segment, live in zip(index.segments, index.live, strict=True)
            ]
        )
        wanted = other.get_scores([term for word in question for term in terms(word)])
        np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-6)


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=12), min_size=1, max_size=20))
def test_postings_hold_every_count(passages: list[list[str]]) -> None:
    found = lexical.count(passages)
    assert list(found.vocabulary) == sorted({word for passage in passages for word in passage})
    postings = np.concatenate(list(found.blocks))
    for i, word in enumerate(found.vocabulary):
        rows = postings[found.first[i] : found.first[i + 1]]
        assert [tuple(row) for row in rows.tolist()] == [
            (row, passage.count(word)) for row, passage in enumerate(passages) if word in passage
        ]
    assert found.lengths.tolist() == [len(passage) for passage in passages]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(st.lists(st.sampled_from(WORDS), max_size=8), st.booleans()),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 40),
    st.integers(1, 9),
)
def test_joined_words_are_those_that_one_count_gives(
    parts: list[list[tuple[list[str], bool]]], block: int, counted: int
) -> None:
    """Of several segments, the passages that stay; postings come in blocks of bounded size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexical, "JOINED_POSTINGS", block)
        patch.setattr(lexical, "COUNTED_POSTINGS", counted)
        written = []
        for part in parts:
            storage = Memory()
            stored = lexical.count([passage for passage, _ in part]).write(storage, "words")
            opened = {
                name: map_file(storage, f"words/{name}", each) for name, each in stored.items()
            }
            words = partial(lexical.Lexical, opened, len(part))
            written.append((words, np.array([stays for _, stays in part])))
        joined = lexical.merge(written)
        blocks = list(joined.blocks)
    whole = lexical.count([passage for part in parts for passage, stays in part if stays])
    assert list(joined.vocabulary) == list(whole.vocabulary)
    assert joined.first.tolist() == whole.first.tolist()
    assert joined.lengths.tolist() == whole.lengths.tolist()
    assert np.concatenate([EMPTY, *blocks]).tolist() == np.concatenate(list(whole.blocks)).tolist()
    assert all(len(each) <= block for each in blocks)


def test_joining_holds_a_block_however_many_postings_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some terms fill many blocks, some a part of one."""
    monkeypatch.setattr(lexical, "COUNTED_POSTINGS", 1000)
    monkeypatch.setattr(lexical, "JOINED_POSTINGS", 1000)
    storage, rows = Memory(), 20_000
    passages = (["the", *"abcdefgh", f"word{row % 50}"] for row in range(rows))
    stored = lexical.count(passages).write(storage, "words")
    opened = {name: map_file(storage, f"words/{name}", each) for name, each in stored.items()}
    words = partial(lexical.Lexical, opened, rows)
    tracemalloc.start()
    joined = lexical.merge([(words, np.arange(rows) % 3 > 0)])
    postings = sum(len(block) for block in joined.blocks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert postings == joined.first[-1] == 10 * len(joined.lengths)
    assert peak < 25 * rows, "bytes: 8 a posting would be 80"


def unit_rows(rows: int, seed: int, dim: int = 32) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((rows, dim))
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float16)


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 2**20))
def test_scan_equals_brute_force(rows: int, n: int, seed: int) -> None:
    vectors = unit_rows(rows, seed)
    random = np.random.default_rng(seed + 1)
    question = unit_rows(1, seed + 2)[0].astype(np.float32)
    mask = random.random(rows) < 0.6
    found = dense.scan(vectors, question, n, mask)
    scores = vectors.astype(np.float64) @ question.astype(np.float64)
    allowed = np.flatnonzero(mask)
    wanted = allowed[np.argsort(-scores[allowed])][:n]
    np.testing.assert_allclose(np.sort(scores[found]), np.sort(scores[wanted]), atol=1e-6)
    np.testing.assert_allclose(dense.exact(vectors, question, found), scores[found], atol=1e-12)


@pytest.mark.parametrize(
    "kind",
    [
        "flat",
        "hnsw",
        "ivf",
        "RaBitQ",
        "IVF16,SQ8",
        "SQ4",
        "SQ8",
        "IVF8,PQ8x4",
        "RR32,SQ8",
    ],
)
def test_faiss_equals_brute_force(kind: str) -> None:
    """The exact kind finds what brute force finds; the others reach the recall they were asked for,
    however few rows a filter leaves. All obey the mask.
    """
    vectors = unit_rows(3000, 5)
    built = ann.build(vectors, kind, recall=0.95)
    assert built is not None
    index, setting = built
    storage = Memory()
    stored = ann.write(index, storage, "dense.faiss")
    entry = FieldEntry("", 32, 3000, {"dense.faiss": stored})
    mapped = ann.load(map_file(storage, "dense.faiss"), entry)
    assert setting["recall"] >= 0.95
    for share in (0.5, 0.1):
        mask = np.random.default_rng(6).random(3000) < share
        hits = 0
        for question in unit_rows(40, 7).astype(np.float32):
            scores = np.where(mask, vectors.astype(np.float32) @ question, -np.inf)
            wanted = set(np.argsort(-scores)[:10].tolist())
            found = ann.search(mapped, question, 10, mask, setting)
            assert mask[found].all()
            hits += len(wanted & set(found.tolist()))
        assert hits / 400 >= (1.0 if kind == "flat" else 0.95), share


@pytest.mark.parametrize("kind", ["ivf", "IVF16,SQ8", "flat", "PCA16,IVF4,Flat"])
def test_gpus_change_nothing_but_the_time(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """GPUs that are copies on the CPU, with inverted lists; other kinds are left to the CPU."""
    vectors = unit_rows(3000, 5)
    index = built(vectors, kind)
    copied: list[Any] = []

    def copy(given: Any) -> Any:
        copied.append(given)
        return faiss.clone_index(given)

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 2)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", copy)
    np.testing.assert_array_equal(built(vectors, kind, gpu=True), index)
    assert len(copied) == (2 if kind in ("ivf", "IVF16,SQ8") else 0)


@pytest.mark.parametrize("at", [1, 2])
def test_faiss_goes_on_without_a_gpu_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, at: int
) -> None:
    """While it trains, or when the rows are to be added."""
    vectors = unit_rows(3000, 5)
    index = built(vectors, "ivf")
    calls = 0

    def fail(given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise RuntimeError("Error in StandardGpuResources: out of memory")
        return faiss.clone_index(given)

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", fail)
    np.testing.assert_array_equal(built(vectors, "ivf", gpu=True), index)
    assert [record.getMessage() for record in caplog.records] == [
        "FAISS goes on without a GPU: Error in StandardGpuResources: out of memory"
    ]


def built(vectors: np.ndarray, kind: str, *, gpu: bool = False) -> np.ndarray:
    """The bytes of an index."""
    made = ann.build(vectors, kind, recall=0.9, gpu=gpu)
    assert made is not None
    return np.asarray(faiss.serialize_index(made[0]))


def test_auto_builds_nothing_where_a_scan_is_fast() -> None:
    assert ann.build(unit_rows(100, 1), "auto", recall=0.9) is None
    few, many = dense.EXACT_NUMBERS // 384, ann.FLAT_NUMBERS // 384
    assert ann.factory("auto", few, 384) is None
    assert ann.factory("auto", few, 768) == ann.factory("auto", many, 384) == "RaBitQ"
    assert ann.factory("auto", many, 768) == "IVF707,RaBitQ"


def test_a_wrong_factory_string_is_one_clear_line() -> None:
    with pytest.raises(InputError, match=r"--faiss magic: .* expected auto, flat, hnsw, ivf"):
        ann.build(unit_rows(100, 1), "magic", recall=0.9)


@pytest.mark.parametrize(
    "kind", ["PQ16", "OPQ16,PQ16", "IVF16,PQ16x4fs", "IDMap,Flat", "PQ7", "LSH"]
)
def test_a_kind_that_cannot_be_searched_is_refused_before_anything_is_encoded(kind: str) -> None:
    with pytest.raises(InputError, match=f"--faiss {kind}: FAISS cannot use it") as error:
        ann.check_kind(kind, 32)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("wheels", "says"),
    [
        (
            ["faiss-cpu", "faiss-gpu-cu12"],
            "pip uninstall -y faiss-cpu faiss-gpu-cu12 && pip install faiss-gpu-cu12",
        ),
        (["numpy"], "pip install faiss-cpu"),
    ],
)
def test_two_faiss_wheels_or_none_are_told_apart(wheels: list[str], says: str) -> None:
    with pytest.raises(DependencyError) as told:
        ann.check_wheels(wheels)
    assert says in str(told.value)


def test_a_built_index_uses_faiss_when_asked(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    config = BuildConfig(faiss="flat")
    index = builder.build(notes, tmp_path / "index", config, encoder=encoder).index
    assert index.manifest.segments[0].fields["text"].faiss["recall"] == 1.0
    entry = index.manifest.segments[0].fields["text"]
    size = entry.files["dense.faiss"].size / entry.rows
    shown = f"recall@10 1.0, {size:.1f} bytes a vector, {entry.faiss['milliseconds']} ms"
    assert f"5 in FAISS SQfp16: {shown}" in "\n".join(info_lines(index))
