"""Searching by several fields of vectors: each on one scale, averaged over those that a row has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError, VersionError
from lepton_local.indexing import builder
from lepton_local.indexing.commit import commit
from lepton_local.search.searcher import Searcher
from lepton_local.store.entry import EncoderId
from lepton_local.store.index import Index
from lepton_local.store.manifest import load_manifest
from lepton_local.store.place import storage_at
from lepton_local.store.segment import Segment
from lepton_local.store.union import union
from lepton_local.store.vectors import add_field
from tests.conftest import WordEncoder
from tests.test_update import PLAIN

COMMON = (0.027, 0.513)  # cosines of unrelated and of related texts, as all-MiniLM-L6-v2 has them
SCALE = (0.4, 0.9)  # and as the other one is said to
QUESTIONS = [
    "otters asleep",
    "tomatoes at noon",
    "bread and rye flour",
    "how long is a heron still?",
]


class Letters(WordEncoder):
    """Another encoder: it counts letters, and knows every language."""

    name, digest, dim = "letters", "sha256:letters", 26
    languages = frozenset()

    def encode(self, texts: Any, **_: Any) -> np.ndarray:
        rows = np.full((len(texts), 26), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter in text.lower():
                if "a" <= letter <= "z":
                    row[ord(letter) - 97] += 1
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def add_letters(place: Path, lacking: int) -> Index:
    """The field `letters` for every passage but each of so many."""
    storage = storage_at(place)
    manifest = load_manifest(storage)
    segments = []
    for entry in manifest.segments:
        texts = Segment(storage, entry).passages.table(["text"]).column(0).to_pylist()
        some = np.array([row for row in range(entry.rows) if row % lacking], dtype=np.int64)
        vectors = Letters().encode([texts[row] for row in some]).astype(np.float16)
        how: dict[str, Any] = {"encoder": Letters.digest, "dim": 26, "faiss": "auto", "recall": 0.9}
        segments.append(
            add_field(storage, entry, "letters", [vectors], rows=len(some), some=some, **how)
        )
    made = EncoderId("letters", Letters.digest, 26, "letters", *SCALE)
    commit(
        storage,
        replace(
            manifest,
            generation=manifest.generation + 1,
            encoders={**manifest.encoders, "letters": made},
            segments=tuple(segments),
        ),
    )
    return Index.open(place)


@pytest.fixture
def index(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Index:
    """Two segments, with rows that are gone and rows that lack the second field."""
    builder.build(notes, tmp_path / "index", encoder=encoder)
    (notes / "fish.md").write_text("# Fish\n\nAn otter eats a fish a day.\n\n## Noon\n\nNone.\n")
    (notes / "garden.txt").write_text("The beans were planted in June, after the rain.\n")
    builder.update(tmp_path / "index", encoder=encoder)
    return add_letters(tmp_path / "index", lacking=3)


def searcher(index: Index, *names: str, mode: str = "dense") -> Searcher:
    config = replace(PLAIN, mode=mode, fields=names)
    return Searcher(index, encoder=WordEncoder(), fields={"letters": Letters()}, config=config)


def likenesses(index: Index, question: str, names: tuple[str, ...]) -> dict[str, float]:
    """Text of every live passage that has a vector, and the mean of what its fields say."""
    by_words = WordEncoder().encode([question], kind="question")[0].astype(np.float64)
    by_letters = Letters().encode([question])[0].astype(np.float64)
    width = (COMMON[1] - COMMON[0]) / (SCALE[1] - SCALE[0])
    found = {}
    for segment, live in zip(index.segments, index.live, strict=True):
        told = segment.passages.table(["text"]).column(0).to_pylist()
        letters = segment.fields["letters"]
        place = {row: number for number, row in enumerate(letters.rows().tolist())}
        for row in np.flatnonzero(live).tolist():
            said = []
            if "text" in names:
                said.append(float(segment.text.vectors[row].astype(np.float64) @ by_words))
            if "letters" in names and row in place:
                vector = letters.vectors[place[row]].astype(np.float64)
                said.append(COMMON[0] + width * (float(vector @ by_letters) - SCALE[0]))
            if said:
                found[told[row]] = sum(said) / len(said)
    return found


@pytest.mark.parametrize("names", [("text", "letters"), ("letters",), ("text",)])
def test_likenesses_are_averaged_over_the_fields_that_a_row_has(
    index: Index, names: tuple[str, ...]
) -> None:
    stages = {{"text": "dense"}.get(name, name) for name in names}
    for question in QUESTIONS:
        hits = searcher(index, *names).search(question, k=50)
        expected = likenesses(index, question, names)
        assert {hit.passage.text: hit.score for hit in hits} == pytest.approx(expected, abs=1e-6)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert {vote.stage for hit in hits for vote in hit.why} == stages


def test_a_further_field_changes_nothing_until_it_is_asked_for(
    index: Index, notes: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    fresh = builder.build(notes, tmp_path / "fresh", encoder=encoder).index
    for mode in ("hybrid", "dense", "lexical"):
        config = SearchConfig(mode=mode, rerank=False, answer=False)
        ours, theirs = (Searcher(each, encoder=encoder, config=config) for each in (index, fresh))
        for question in QUESTIONS:
            found = [(hit.path, hit.score) for hit in ours.search(question, k=50)]
            assert found == [(hit.path, hit.score) for hit in theirs.search(question, k=50)]


def test_both_fields_are_used_in_hybrid_search_and_by_words_none_is(index: Index) -> None:
    def found(*names: str, mode: str) -> list[tuple[str, float]]:
        hits = searcher(index, *names, mode=mode).search("otters asleep", k=50)
        return [(hit.passage.text, hit.score) for hit in hits]

    both = found("text", "letters", mode="hybrid")
    assert both != found("text", mode="hybrid")
    assert both != found("letters", mode="hybrid")
    assert found("letters", mode="lexical") == found("text", mode="lexical")


def test_a_field_that_is_not_there_is_named(index: Index, tmp_path: Path, notes: Path) -> None:
    with pytest.raises(InputError, match=r"field 'colour' is not in .*, which has text, letters"):
        searcher(index, "colour")
    for wrong in (("text", 3), "text"):
        config: Any = SearchConfig(fields=wrong)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="fields is "):
            Searcher(index, encoder=WordEncoder(), config=config)
    with pytest.raises(VersionError, match="was encoded by letters"):
        Searcher(index, fields={"letters": WordEncoder()})
    other = builder.build(notes, tmp_path / "other", encoder=WordEncoder()).index
    with pytest.raises(InputError, match="field 'letters' is not in "):
        searcher(union([index, other]), "text", "letters")


def test_of_several_encoders_those_that_know_the_language_are_asked(index: Index) -> None:
    question = (
        "Où est-ce que les loutres dorment pendant la nuit, au bord de la rivière, quand les gens "
        "du village sont rentrés chez eux et que tout le monde se repose ?"
    )
    hits = searcher(index, "text", "letters").search(question, k=50)
    assert {vote.stage for hit in hits for vote in hit.why} == {"letters"}
    hits = searcher(index, "text").search(question, k=50)
    assert {vote.stage for hit in hits for vote in hit.why} == {"dense"}
