"""Likeness by any encoder on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.indexing import builder
from lepton_local.indexing.update import update
from lepton_local.models import scale
from lepton_local.models.load import load_encoder
from lepton_local.models.scale import COMMON, on_common_scale, scale_of
from lepton_local.search.searcher import Searcher
from lepton_local.store.manifest import load_manifest
from lepton_local.store.place import storage_at
from tests.conftest import WordEncoder


class Crowded(WordEncoder):
    """Every cosine c of another encoder becomes 0.8 + 0.2 c, as with E5's: all are near 1."""

    digest = "sha256:crowded"

    def __init__(self, plain: Any, *, known: bool = True) -> None:
        super().__init__()
        self._plain, self._known = plain, known
        self.dim = plain.dim + 1

    def encode(
        self,
        texts: Sequence[str],
        *,
        kind: str = "passage",
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray:
        rows = self._plain.encode(texts, kind=kind, progress=progress)
        if kind == "question" and not self._known:
            rows = np.roll(rows, 1, axis=0)
        together = np.full((len(rows), 1), np.sqrt(0.8))
        return np.hstack([np.sqrt(0.2) * rows, together]).astype(np.float32)

    def spans(self, text: str) -> np.ndarray:
        spans: np.ndarray = self._plain.spans(text)
        return spans


@pytest.fixture(scope="module")
def minilm() -> Any:
    return load_encoder("minilm")


def test_all_minilm_is_the_common_one_as_measured(
    minilm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scale_of(minilm) is COMMON
    monkeypatch.setattr(scale, "MINILM_SHA256", "of another")
    found = scale_of(minilm)
    assert found is not COMMON
    assert found.unrelated == pytest.approx(COMMON.unrelated, abs=0.003)
    assert found.related == pytest.approx(COMMON.related, abs=0.003)


def test_crowded_cosines_become_those_they_were(minilm: Any) -> None:
    found = scale_of(Crowded(minilm))
    assert found.unrelated == pytest.approx(0.8 + 0.2 * COMMON.unrelated, abs=0.001)
    cosines = np.linspace(-0.2, 1, 13)
    assert on_common_scale(0.8 + 0.2 * cosines, found) == pytest.approx(cosines, abs=0.01)
    assert on_common_scale(cosines, COMMON) is cosines


def test_an_encoder_that_knows_no_language_is_left_as_it_is(minilm: Any) -> None:
    assert scale_of(Crowded(minilm, known=False)) is COMMON


def test_an_index_of_crowded_cosines_ranks_and_scores_as_the_other(
    notes: Path, tmp_path: Path, minilm: Any
) -> None:
    config = SearchConfig(rerank=False, answer=False)
    searchers = [
        Searcher(
            builder.build(notes, tmp_path / each.digest[-8:], encoder=each).index,
            encoder=each,
            config=config,
        )
        for each in (minilm, Crowded(minilm))
    ]
    for question in ("which animals sleep in rivers?", "lantern", "when is the rent due?"):
        plain, crowded = (searcher.search(question) for searcher in searchers)
        assert [hit.passage.text for hit in crowded] == [hit.passage.text for hit in plain]
        assert [h.score for h in crowded] == pytest.approx([h.score for h in plain], abs=0.01)


def test_a_scale_is_measured_by_a_build_and_kept_by_an_update(notes: Path, tmp_path: Path) -> None:
    calls: list[int] = []

    class Counted(WordEncoder):
        def encode(self, texts: Sequence[str], **more: Any) -> np.ndarray:
            calls.append(len(texts))
            return super().encode(texts, **more)

    counted = Counted()
    index = builder.build(notes, tmp_path / "index", encoder=counted).index
    assert calls.count(len(scale.texts())) == 2
    calls.clear()
    (notes / "new.txt").write_text("A new note of herons.")
    fresh = builder.update(tmp_path / "index", encoder=counted).index
    assert calls == [1]
    assert fresh.manifest.encoder == index.manifest.encoder


def test_texts_of_many_languages_ship() -> None:
    languages = {language for language, _, _ in scale.texts()}
    assert {"en", "de", "fr", "es", "ru", "zh", "ja", "ar", "hi", "ko"} == languages
    assert len({text for _, *pair in scale.texts() for text in pair}) == 2 * len(scale.texts())


def test_an_index_of_the_first_bundled_encoder_goes_on_with_it(notes: Path, tmp_path: Path) -> None:
    place = tmp_path / "index"
    builder.build(notes, place, BuildConfig(encoder="minilm"))
    storage = storage_at(place)
    manifest = load_manifest(storage)
    made = replace(manifest.encoders["text"], name="bundled", model="bundled")
    config = replace(manifest.config, encoder="bundled")
    replace(manifest, encoders={"text": made}, config=config).save(storage)
    assert b'"minilm"' not in (place / "manifest.json").read_bytes()
    searcher = Searcher.open(place, SearchConfig(rerank=False, answer=False))
    assert searcher.encoder.digest == made.digest
    assert searcher.search("which animals sleep in rivers?")[0].passage.document
    (notes / "new.md").write_text("A heron stands on one leg.\n")
    update(place)
    assert load_manifest(storage).encoders["text"].model == "minilm"
