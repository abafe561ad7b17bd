"""Models are loaded once and shared, whoever asks first, and however many at once."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import ModelError
from lepton_local.indexing import builder
from lepton_local.models import load
from lepton_local.models.cross import CrossEncoder
from lepton_local.models.load import load_encoder, load_reader, load_reranker
from lepton_local.models.processor import cores
from lepton_local.models.registry import Registry
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.search.searcher import Searcher
from lepton_local.store.folder import Folder
from lepton_local.store.manifest import load_manifest

ASKING = 8


class Unlocked:
    """`cached_property` as it is from Python 3.12 on: several threads may compute it at once."""

    def __init__(self, func: Any, name: str) -> None:
        self.func, self.name = func, name

    def __get__(self, instance: Any, owner: Any) -> Any:
        if self.name not in instance.__dict__:
            instance.__dict__[self.name] = self.func(instance)
        return instance.__dict__[self.name]


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Registries in which there is nothing; gives the graphs that are loaded from now on."""
    monkeypatch.setattr(load, "_ENCODERS", Registry(4))
    monkeypatch.setattr(load, "_JUDGES", Registry(4))
    loaded: list[Path] = []
    begin = OnnxRuntime.__init__

    def counted(runtime: OnnxRuntime, model: Path, *, threads: int) -> None:
        if not model.parent.name.startswith("."):  # where a graph is tried before it is kept
            loaded.append(model)
        begin(runtime, model, threads=threads)

    monkeypatch.setattr(OnnxRuntime, "__init__", counted)
    return loaded


def test_first_questions_of_many_threads_load_each_network_once(
    notes: Path, tmp_path: Path, fresh: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = builder.build(notes, tmp_path / "index", BuildConfig(device="cpu")).index.path
    load._ENCODERS = Registry(4)
    fresh.clear()
    for name in ("reranker", "reader"):
        func = Searcher.__dict__[name].func
        monkeypatch.setattr(Searcher, name, Unlocked(func, name))
    searcher = Searcher.open(index, SearchConfig(device="cpu"))
    together = threading.Barrier(ASKING)

    def ask(_: int) -> Any:
        together.wait()
        return searcher.answer("How long is the loaf baked?").answer

    with ThreadPoolExecutor(ASKING) as pool:
        answers = list(pool.map(ask, range(ASKING)))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert len(fresh) == len(set(fresh)) == 2
    assert id(searcher.reranker) == id(searcher.reader)


def test_a_pair_model_runs_once_a_question_whoever_loaded_it(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = builder.build(notes, tmp_path / "index", BuildConfig(device="cpu")).index
    searcher = Searcher(
        index,
        reranker=load_reranker(device="cpu", threads=1),
        reader=load_reader(device="cpu", threads=2),
    )
    assert id(searcher.reranker) != id(searcher.reader)
    expected = Searcher(index).answer("How long is the loaf baked?")
    monkeypatch.setattr(CrossEncoder, "score", lambda *_: pytest.fail("it ran once more"))
    found = searcher.answer("How long is the loaf baked?")
    assert [hit.score for hit in found.hits] == [hit.score for hit in expected.hits]


def test_two_things_are_loaded_side_by_side_and_each_once() -> None:
    registry: Registry[object] = Registry(4)
    both = threading.Barrier(2, timeout=60)
    made: list[str] = []

    def make(key: str) -> object:
        both.wait()  # passed only if the other one is being made too
        made.append(key)
        return object()

    with ThreadPoolExecutor(8) as pool:
        asked = [(key, pool.submit(registry.get, key, partial(make, key))) for key in "ab" * 4]
    things = {key: {id(future.result()) for name, future in asked if name == key} for key in "ab"}
    assert sorted(made) == ["a", "b"]
    assert [len(each) for each in things.values()] == [1, 1]


def test_what_could_not_be_loaded_is_tried_again_and_the_oldest_is_given_up() -> None:
    registry: Registry[str] = Registry(2)

    def fail() -> str:
        raise ModelError("no")

    with pytest.raises(ModelError):
        registry.get("a", fail)
    assert registry.get("a", lambda: "first") == "first"
    assert registry.get("a", fail) == "first"
    registry.get("b", lambda: "b")
    registry.get("a", fail)
    registry.get("c", lambda: "c")  # there is room for two: b was asked for longest ago
    assert registry.get("a", fail) == "first"
    assert registry.get("b", lambda: "again") == "again"


def test_many_requests_share_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(device="cpu", threads=4)
    texts = [f"Sentence number {number} of a text." for number in range(8)]
    expected = encoder.encode(texts)
    most = 0
    run = OnnxRuntime.run

    def counted(runtime: OnnxRuntime, *given: Any) -> Any:
        nonlocal most
        result = run(runtime, *given)
        most = max(most, sum(t.name.startswith("lepton-rows") for t in threading.enumerate()))
        return result

    monkeypatch.setattr(OnnxRuntime, "run", counted)
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(encoder.encode, [texts] * 16):
            np.testing.assert_array_equal(vectors, expected)
    assert 0 < most <= cores()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    encoder = load_encoder(device="cpu", threads=2)
    texts = ["one sentence", "and another one"]
    expected = encoder.encode(texts).tobytes()
    child = os.fork()
    if child == 0:
        os._exit(0 if encoder.encode(texts).tobytes() == expected else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_permission_to_download_is_not_kept_in_an_index(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    builder.build(notes, index, BuildConfig(device="cpu", allow_download=True))
    assert not load_manifest(Folder(index)).config.allow_download
    told = (index / "manifest.json").read_text()
    assert '"allow_download": true' not in told


def test_an_update_asks_for_no_download_unless_it_is_typed(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import WordEncoder

    index = tmp_path / "index"
    config = BuildConfig(encoder="nobody/nothing", allow_download=True)
    builder.build(notes, index, config, encoder=WordEncoder())
    fetched: list[str] = []

    def fetch(name: str) -> Path:
        fetched.append(name)
        raise ModelError("no network")

    monkeypatch.setattr("lepton_local.models.resolve._downloaded", fetch)
    (notes / "new.txt").write_text("Something new.\n")
    with pytest.raises(ModelError, match="no such model"):
        builder.update(index)
    assert fetched == []
    with pytest.raises(ModelError, match="no network"):
        builder.update(index, allow_download=True)
    assert fetched == ["nobody/nothing"]
