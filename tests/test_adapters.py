"""A judge that marks have taught: it is trained, must win, is used, and goes with one command."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from lepton_local.cli import index as index_command
from lepton_local.cli import train as train_command
from lepton_local.cli.taught import teacher, workshop
from lepton_local.errors import StoreError
from lepton_local.indexing.report import silent
from lepton_local.learning import adapters
from lepton_local.learning.held import Held
from lepton_local.learning.ladder import Climbed, learn
from lepton_local.learning.marks import lessons_of
from lepton_local.learning.remembered import remembered
from lepton_local.learning.trial import Trial
from lepton_local.models import resolve
from lepton_local.models.load import load_reranker
from lepton_local.models.roles import PassageText, Reading
from lepton_local.search.lessons import NONE
from lepton_local.search.searcher import Searcher
from lepton_local.store import learnt, taught
from lepton_local.store.feedback import Feedback
from lepton_local.store.index import Index
from lepton_local.store.learnt import Learnt
from lepton_local.train.start import write
from tests.conftest import WordEncoder
from tests.test_learning import FLOWERS, PLAIN, flower, garden, right
from tests.test_search import Needle
from tests.tiny_models import save
from tests.training import tiny_start

__all__ = ["garden"]  # a fixture
JUDGED = replace(PLAIN, rerank=True)


class Gardener(Needle):
    """Judges a passage by whether it has the flower that is asked about; or does not know."""

    def __init__(self, *, knows: bool) -> None:
        super().__init__("needs")
        self.knows = knows
        self.digest = f"sha256:{knows}"

    def score(self, question: str, passages: Sequence[PassageText]) -> np.ndarray:
        name = next((flower(n) for n in range(FLOWERS) if flower(n) in question), "?")
        return np.array([9.0 if self.knows and name in p.text else 0.0 for p in passages], "f4")

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        return [Reading(0.0, (), float(each)) for each in self.score(question, passages)]


def judged(index: Index, judge: Gardener) -> Searcher:
    encoder = WordEncoder()
    return Searcher(index, encoder=encoder, reranker=judge, reader=judge, config=JUDGED)


def climbed(index: Index, folder: Path, teach: adapters.Teach | str) -> Climbed:
    searcher = judged(index, Gardener(knows=False))
    return learn(searcher, right(searcher), remember=4, teach=teach, folder=folder)


@pytest.fixture(autouse=True)
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "NEEDED", FLOWERS)


@pytest.mark.parametrize("knows", [True, False])
def test_what_was_taught_is_used_if_it_wins(
    garden: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    made = judged(garden, Gardener(knows=knows))
    monkeypatch.setattr(adapters, "_judged_by", lambda *_: made)
    shown: list[dict[str, Any]] = []

    def teach(pairs: Path, remember: Path, out: Path) -> None:
        shown.extend(map(json.loads, pairs.read_text().splitlines()))
        assert remember.read_text().count("\n") == 4
        out.mkdir()

    searcher = judged(garden, Gardener(knows=False))
    events = right(searcher)
    there = {event.what.passage for event in events if event.what is not None}
    held, kept = Held(Trial(searcher), lessons_of(events, there)), remembered(searcher, n=4)
    model, step = adapters.taught(held, NONE, kept.asked, kept.drafted, teach, tmp_path)
    assert step.name == "adapters"
    assert FLOWERS / 2 < len(shown) < FLOWERS, "some of them are held back"
    assert all(flower_of(row) in row["positive"]["text"] for row in shown)
    assert not any(row["positive"] in row["negatives"] for row in shown)
    assert (step.refused == "") == knows, step
    assert model == (tmp_path / "model" if knows else None)


def flower_of(row: dict[str, Any]) -> str:
    return str(row["query"].split()[-1])


def test_without_a_teacher_it_is_said_why(garden: Index, tmp_path: Path) -> None:
    found = climbed(garden, tmp_path, "it takes the extra")
    assert found.steps[-1].refused == "it takes the extra"
    assert found.judge is None
    place = str(garden.place)
    told = teacher(place, device="cpu", rerank=False, progress=silent)
    assert told == "a search without a judge has none to teach"


def test_adapters_are_trained_used_and_undone(
    garden: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    save(tmp_path / "body", "bert", "mean")
    write(tiny_start(tmp_path / "body"), tmp_path / "pair")
    monkeypatch.setattr(resolve, "BUNDLED_PAIR", tmp_path / "pair")
    place = str(garden.place)
    with workshop(place) as folder:
        teach = teacher(place, device="cpu", rerank=True, progress=silent)
        assert callable(teach)
        found = climbed(garden, folder, teach)
        assert found.steps[-1].before > 0
        model = folder / "model"
        weights = [(each / "model.safetensors").read_bytes() for each in (model, tmp_path / "pair")]
        assert len(weights[0]) == len(weights[1])
        assert weights[0] != weights[1]
        told = Learnt("2026-01-31", FLOWERS, WordEncoder.digest, adapters=True)
        learnt.write(place, told, model)
    assert not folder.exists()
    kept = taught.folder_of(place)
    assert kept.stat().st_mode & 0o777 == 0o700
    searching = replace(JUDGED, feedback=True)
    used = Searcher(garden, encoder=WordEncoder(), config=searching)
    assert used.reranker is load_reranker(str(kept))
    assert id(used.reranker) == id(used.reader), "one network does both"
    os.chmod(kept, 0o777)
    assert Searcher(garden, config=searching).config.reranker == "bundled", "others may write to it"
    os.chmod(kept, 0o700)
    info = CliRunner().invoke(index_command.main, ["info", place]).output
    assert f"learnt adapters from {FLOWERS} questions" in info
    undone = CliRunner().invoke(train_command.main, ["adapt", place, "--undo"])
    assert undone.exit_code == 0
    assert not kept.exists()
    assert Searcher(garden, config=searching).config.reranker == "bundled"


def test_what_is_not_a_model_of_ours_stays(garden: Index, tmp_path: Path) -> None:
    kept = taught.folder_of(garden.place)
    kept.mkdir(mode=0o700)
    (kept / "letter.txt").write_text("mine")
    (tmp_path / "model").mkdir()
    told = Learnt("2026-01-31", 1, "e", adapters=True)
    with pytest.raises(StoreError, match="something else"):
        learnt.write(garden.place, told, tmp_path / "model")
    assert (kept / "letter.txt").read_text() == "mine"
    assert learnt.read(garden.place) is None
    (kept / "letter.txt").unlink()
    kept.rmdir()


def test_one_command_forgets_all_that_was_said_and_learnt(garden: Index, tmp_path: Path) -> None:
    place = garden.place
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    learnt.write(place, Learnt("2026-01-31", 1, "e", 0.4, adapters=True), tmp_path / "model")
    for event in right(judged(garden, Gardener(knows=False)))[:3]:
        Feedback(place).add(event)
    around = set(os.listdir(Path(place).parent))
    shown = CliRunner().invoke(index_command.main, ["feedback", place]).output
    assert flower(1) in shown
    forgot = CliRunner().invoke(index_command.main, ["forget", place, "--all"])
    assert "removed 3 of what was said" in forgot.output
    assert "and what was learnt from it" in forgot.output
    name = Path(place).name
    left = {each for each in os.listdir(Path(place).parent) if each.startswith(name)}
    assert left == {name}, around
