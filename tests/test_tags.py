"""The head that tags every word of all answers: its training, what it says, and its report."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from sklearn.metrics import classification_report  # type: ignore[import-untyped]

from lepton_local.cli.train import main
from lepton_local.evaluation.datasets import Question
from lepton_local.models import judge
from lepton_local.models.card import judge_card
from lepton_local.models.export import export
from lepton_local.models.load import load_reader
from lepton_local.models.networks import network
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.runtime_torch import TorchRuntime
from lepton_local.models.spans import Tags, tagged
from lepton_local.train.data import Candidate, Group
from lepton_local.train.pair import train_pair
from lepton_local.train.recipe import TAG, Recipe
from lepton_local.train.report import Counts, class_report, words_told
from lepton_local.train.start import start
from tests import tiny_models
from tests.test_own_models import Judge
from tests.training import ANIMALS, FOODS

pytestmark = pytest.mark.usefixtures("one_thread")

RECIPE = Recipe(epochs=20, batch=8, lr=2e-2, layer_decay=1.0, validate=10, seed=3, task=TAG)


def pairs() -> list[Group]:
    """Questions for two foods each, that stand apart."""
    groups = []
    for number, (animal, food) in enumerate(zip(ANIMALS, FOODS, strict=True)):
        text = f"The {animal} eats {food} by day and {FOODS[number - 1]} by night."
        spans = tuple(
            (text.index(each), text.index(each) + len(each)) for each in (food, FOODS[number - 1])
        )
        passage = PassageText("River", text)
        groups.append(Group(f"what does the {animal} eat?", (Candidate(passage, None, spans),)))
    return groups


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pair model with a third head, and beside it the one without that it began as."""
    folder = tmp_path_factory.mktemp("tags")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    tiny_models.save(folder / "body", "bert", "mean", initializer_range=0.05)
    both = dataclasses.replace(RECIPE, epochs=1, task="read", lr=1e-3)
    train_pair(start(folder / "body", seed=1, dropout=0.0), pairs(), pairs(), both, folder / "old")
    begun = start(folder / "old", seed=1, dropout=0.0, tags=True)
    train_pair(begun, pairs(), pairs(), RECIPE, folder / "new")
    torch.set_num_threads(threads)
    return folder


def test_every_part_of_an_answer_is_tagged(trained: Path) -> None:
    reader = load_reader(str(trained / "new"), device="cpu")
    right = 0
    for group in pairs():
        (candidate,) = group.candidates
        (reading,) = reader.read(group.question, [candidate.passage])
        assert candidate.spans is not None
        right += reading.tags == tuple(sorted(candidate.spans))
    assert right >= 6  # of 8, learnt by heart
    (old,) = load_reader(str(trained / "old"), device="cpu").read("otter?", [PassageText("", "x")])
    assert old.tags is None


def test_a_frozen_network_says_of_all_else_what_it_said(trained: Path, tmp_path: Path) -> None:
    begun = start(trained / "old", seed=1, dropout=0.0, tags=True)
    recipe = dataclasses.replace(RECIPE, freeze="all", epochs=5)
    train_pair(begun, pairs(), pairs(), recipe, tmp_path / "out")
    before = load_file(trained / "old" / "model.safetensors")
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert set(after) - set(before) == {"tag_head.weight", "tag_head.bias"}
    assert all(after[name].equal(before[name]) for name in before)
    history = (tmp_path / "out" / "history.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in history]
    assert rows[-1]["valid_tag"] < rows[0]["valid_tag"]


def test_a_graph_tags_as_the_network_does(trained: Path, tmp_path: Path) -> None:
    card = judge_card(trained / "new")
    export(card, tmp_path, precision="fp32")
    tokens = start(trained / "new", seed=0, dropout=0.0).tokens
    passages = [group.candidates[0].passage for group in pairs()]
    windows = tokens.windows("what does the otter eat?", passages, heading=card.heading)
    ours = judge.outputs(OnnxRuntime(tmp_path / "model.onnx", threads=1), windows)
    theirs = judge.outputs(TorchRuntime(network(card), device="cpu"), windows)
    for one, two in zip(ours, theirs, strict=True):
        assert set(one) == set(two) == {"relevance", "start", "end", "tag"}
        np.testing.assert_allclose(one["tag"], two["tag"], atol=2e-4)


def test_runs_of_pieces_become_places_in_the_text() -> None:
    text = "rye, spelt and whe"
    offsets = np.array([[0, 3], [3, 4], [5, 8], [8, 10], [11, 14], [15, 18]], dtype=np.int32)
    says = np.array([2.0, 1.0, 1.0, -3.0, -1.0, -0.5], dtype=np.float32)
    again = np.array([-0.2, 0.9], dtype=np.float32)  # of the next window, surer of the last word
    found = tagged(text, [Tags(offsets, says), Tags(offsets[-2:], again)])
    assert [text[start:end] for start, end in found] == ["rye, spelt", "whe"]
    assert tagged("", []) == ()


def test_the_class_report_is_that_of_another_library() -> None:
    counts = Counts(right=7, false=3, missed=2, outside=88)
    true = ["A"] * 9 + ["O"] * 91
    told = ["A"] * 7 + ["O"] * 2 + ["A"] * 3 + ["O"] * 88
    theirs = classification_report(true, told, output_dict=True)
    ours = class_report(counts)
    names = {"A": "A", "O": "O", "macro": "macro avg", "weighted": "weighted avg"}
    for name, other in names.items():
        row = theirs[other]
        expected = [100 * row[each] for each in ("precision", "recall", "f1-score")]
        found = [ours[name][each] for each in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected, abs=0.006)
        assert ours[name]["words"] == row["support"]
    assert ours["micro"]["f1"] == pytest.approx(100 * theirs["accuracy"], abs=0.006)
    assert class_report(Counts())["weighted"]["f1"] == 0


def test_words_are_told_by_tags_else_by_the_best_span() -> None:
    context = "Rye and spelt, 麦."
    marked = (("Rye", 0), ("spelt", 8), ("麦", 15))
    question = Question("1", "what?", ("Rye", "spelt"), "", context, marked)

    class Told(Judge):
        def __init__(self, reading: Reading) -> None:
            self.reading = reading

        def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
            return [self.reading]

    spans = (Span(0, 3, 2.0), Span(8, 13, 1.0))
    assert words_told(Told(Reading(0.0, spans)), [question]) == Counts(1, 0, 2, 1)
    assert words_told(Told(Reading(3.0, spans)), [question]) == Counts(0, 0, 3, 1)
    tags = ((0, 3), (4, 7))
    told = Told(Reading(0.0, spans, tags=tags))
    assert words_told(told, [question]) == Counts(1, 1, 2, 0)
    assert words_told(told, [question], chinese=True) == Counts(3, 3, 6, 0)


def test_the_commands_tag_and_report(trained: Path, tmp_path: Path) -> None:
    rows = [
        {
            "query": group.question,
            "positive": group.candidates[0].passage.text,
            "answers": group.candidates[0].spans,
        }
        for group in pairs()
    ]
    (tmp_path / "lists.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = [
        {
            "question": row["query"],
            "id": row["query"],
            "answers": [
                {"text": str(row["positive"])[start:end], "answer_start": start}
                for start, end in group.candidates[0].spans or ()
            ],
        }
        for row, group in zip(rows, pairs(), strict=True)
    ]
    paragraphs = [
        {"context": row["positive"], "qas": [each]} for row, each in zip(rows, asked, strict=True)
    ]
    data = {"data": [{"title": "River", "paragraphs": paragraphs}]}
    (tmp_path / "asked.json").write_text(json.dumps(data))
    run, out = CliRunner().invoke, tmp_path / "made"
    how = ["--task", "tag", "--freeze", "all", "--epochs", "1", "--threads", "1", "--quiet"]
    base = str(trained / "old")
    made = run(
        main, ["pair", str(tmp_path / "lists.jsonl"), "--base", base, "--out", str(out), *how]
    )
    assert made.exit_code == 0, made.output
    assert json.loads((out / "config.json").read_text())["tags"] is True
    score = ["score", str(trained / "new"), str(tmp_path / "asked.json"), "--quiet"]
    told = run(main, [*score, "--report"]).output
    assert [line.split()[0] for line in told.splitlines()[-6:]] == [
        *("precision", "A", "O", "micro", "macro", "weighted")
    ]
    report = json.loads(run(main, [*score, "--report", "--json"]).output)
    assert report["words"]["A"]["f1"] > 80
    assert report["words"]["micro"]["words"] == 8 * 10
    assert "words" not in json.loads(run(main, [*score, "--json"]).output)
