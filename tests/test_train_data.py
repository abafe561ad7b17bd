"""Training files, labels and losses, and the score of a reader alone."""

from __future__ import annotations

import gzip
import json
import random
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from lepton_local.config import SearchConfig
from lepton_local.errors import InputError, ModelError
from lepton_local.indexing.library import build
from lepton_local.models.roles import PassageText
from lepton_local.search.searcher import Searcher
from lepton_local.train.batches import collate, plan
from lepton_local.train.data import Candidate, Group, hold_back, read_groups
from lepton_local.train.losses import (
    drift_loss,
    listwise_loss,
    pointwise_loss,
    shared_loss,
    span_loss,
)
from lepton_local.train.mine import group_record, mined
from lepton_local.train.pair import for_task
from lepton_local.train.start import freeze, start
from tests import tiny_models
from tests.conftest import WordEncoder
from tests.training import animal_groups, tiny_start


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    tiny_models.save(folder, "bert", "mean", initializer_range=0.05)
    return folder


def test_an_unknown_part_cannot_be_frozen(base: Path) -> None:
    with pytest.raises(InputError, match="layers:N"):
        freeze(tiny_start(base).network, "layers:x")


def test_labels_stand_on_the_answer(base: Path) -> None:
    begun = tiny_start(base)
    batch = collate(animal_groups()[:2], begun.tokens, heading=True, rng=random.Random(0))
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    words = [
        tokenizer.decode(ids[start : end + 1].tolist())
        for ids, start, end in zip(
            batch.ids, batch.start.argmax(axis=1), batch.end.argmax(axis=1), strict=True
        )
        if start
    ]
    assert words == ["fish", "crabs"]
    assert batch.start.sum(axis=1).tolist() == batch.end.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert batch.start[1, 0] == batch.end[1, 0] == 1  # the other passage does not answer
    assert batch.relevant.tolist() == [1, 0, 1, 0]
    assert batch.group.tolist() == [0, 0, 1, 1]
    begins = batch.start[0].argmax()
    assert (batch.inside[0, begins], batch.inside[0, 0], batch.inside[0, 1]) == (1, 1, 0)


def test_a_long_passage_shows_the_window_with_the_answer(base: Path) -> None:
    text = "Rain fell on the hills. " * 60 + "The heron eats fish."
    at = text.index("fish")
    group = Group("what?", (Candidate(PassageText("", text), True, ((at, at + 4),)),))
    batch = collate(
        [group],
        tiny_start(base).tokens,
        heading=True,
        rng=random.Random(0),
    )
    assert batch.start[0, 0] == 0
    assert batch.start[0].sum() == 1
    unknown = Group("what?", (Candidate(PassageText("", text), True, None),))
    batch = collate(
        [unknown],
        tiny_start(base).tokens,
        heading=True,
        rng=random.Random(0),
    )
    assert not batch.start.any()
    assert not batch.end.any()


def test_answers_are_believed_as_far_as_their_shares(base: Path) -> None:
    text = "The heron eats fish, frogs and crabs."
    spans = tuple((at := text.index(word), at + len(word)) for word in ("fish", "frogs", "crabs"))
    tokens = tiny_start(base).tokens

    def told(shares: tuple[float, ...], text: str = text) -> list[float]:
        group = Group("what?", (Candidate(PassageText("", text), True, spans, shares),))
        batch = collate([group], tokens, heading=True, rng=random.Random(0))
        return [*sorted(batch.start[0, 1:][batch.start[0, 1:] > 0]), batch.start[0, 0]]

    assert told((0.5, 0.25, 0.0)) == pytest.approx([0.25, 0.5, 0.25])  # the last of them for none
    assert told((0.5, 0.25, 0.25)) == pytest.approx([0.25, 0.25, 0.5, 0])
    assert told(()) == pytest.approx([1 / 3] * 3 + [0])
    assert told((0.5, 0.25, 0.0), text + " Rain fell." * 60) == pytest.approx([0.25, 0.5, 0.25])


@pytest.mark.parametrize("shares", [[0.5], [0.9, 0.3], [-0.1, 0.3]])
def test_shares_that_cannot_be_are_refused(tmp_path: Path, shares: list[float]) -> None:
    row = {"query": "what?", "positive": "fish, crabs", "answers": [[0, 4], [6, 11]]}
    file = tmp_path / "told.jsonl"
    file.write_text(json.dumps(row | {"shares": shares}))
    with pytest.raises(InputError, match=r"line 1: .*shares"):
        read_groups([file])


def test_an_epoch_shows_every_group_once() -> None:
    groups = animal_groups() * 9
    first, second = (plan(groups, size=5, seed=1, epoch=epoch) for epoch in (0, 1))
    assert sorted(chain(*first)) == list(range(72)) == sorted(chain(*second))
    assert first != second
    assert first == plan(groups, size=5, seed=1, epoch=0)


def test_losses_leave_out_what_nobody_labelled() -> None:
    logits = torch.tensor([[0.0, 2.0, -1.0], [1.0, 0.0, 3.0]])
    inside = torch.tensor([[1, 1, 0], [1, 1, 1]])
    known = torch.nn.functional.cross_entropy(torch.tensor([[0.0, 2.0]]), torch.tensor([1]))
    nothing = torch.zeros(2, 3)
    told = nothing.index_put((torch.tensor([0]), torch.tensor([1])), torch.tensor(1.0))
    assert span_loss(logits, told, inside).item() == pytest.approx(known.item(), abs=1e-5)
    assert span_loss(logits, nothing, inside).item() == 0
    nan = float("nan")
    scores, groups = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0, 0, 1])
    alone = torch.nn.functional.softplus(torch.tensor(-2.0)).item()
    assert pointwise_loss(scores, torch.tensor([1.0, nan, nan])).item() == pytest.approx(alone)
    pairwise = torch.nn.functional.softplus(torch.tensor(-3.0)).item()
    found = listwise_loss(scores, torch.tensor([1.0, 0.0, 1.0]), groups)
    assert found.item() == pytest.approx(pairwise)  # the third row's group has no rival
    assert listwise_loss(scores, torch.tensor([1.0, nan, 1.0]), groups).item() == 0


def test_spans_of_a_group_compete_with_each_other_and_with_one_none() -> None:
    logits = torch.tensor([[1.0, 3.0, -1.0], [2.0, 1.0, 4.0], [0.5, 0.0, 1.0]])
    inside = torch.tensor([[1, 1, 0], [1, 1, 1], [1, 1, 1]])
    told = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    gains = torch.tensor([[0.0, 2.0, -1.0, 2.0]])  # none, then what lies above each row's none
    together = torch.nn.functional.cross_entropy(gains, torch.tensor([1]))
    alone = span_loss(logits[2:], told[2:], inside[2:])
    found = shared_loss(logits, told, inside, torch.tensor([0, 0, 1]))
    assert found.item() == pytest.approx((together + alone).item() / 2)
    apart = shared_loss(logits, told, inside, torch.tensor([0, 1, 2]))
    assert apart.item() == pytest.approx(span_loss(logits, told, inside).item())
    assert shared_loss(logits, torch.zeros(3, 3), inside, torch.tensor([0, 0, 1])).item() == 0


def test_drift_is_none_until_something_moves() -> None:
    said = {
        "start": torch.tensor([[2.0, 0.0, 9.0], [0.0, 1.0, 1.0]]),
        "end": torch.tensor([[0.0, 0.0, 9.0], [1.0, 0.0, 2.0]]),
        "relevance": torch.tensor([3.0, -2.0]),
    }
    inside = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert drift_loss(said, said, inside).item() == pytest.approx(0, abs=1e-6)
    outside = {**said, "start": torch.tensor([[2.0, 0.0, -5.0], [0.0, 1.0, 1.0]])}
    assert drift_loss(outside, said, inside).item() == pytest.approx(0, abs=1e-6)
    turned = {**said, "end": torch.tensor([[0.0, 3.0, 9.0], [1.0, 0.0, 2.0]])}
    told, shown = np.array([0.5, 0.5]), np.exp([0.0, 3.0]) / np.exp([0.0, 3.0]).sum()
    moved = float((told * np.log(told / shown)).sum())  # of the first row's two positions
    assert drift_loss(turned, said, inside).item() == pytest.approx(moved / 2 / 2, abs=1e-5)
    doubted = {**said, "relevance": torch.tensor([0.0, -2.0])}
    p = 1 / (1 + np.exp(-3.0))
    lost = p * np.log(p / 0.5) + (1 - p) * np.log((1 - p) / 0.5)
    assert drift_loss(doubted, said, inside).item() == pytest.approx(lost / 2, abs=1e-5)


def test_a_task_hides_the_labels_of_the_other() -> None:
    group = animal_groups()[0]
    ranked, read = for_task(group, "rank"), for_task(group, "read")
    assert ranked is not None
    assert read is not None
    assert {c.spans for c in ranked.candidates} == {None}
    assert {c.relevant for c in read.candidates} == {None}
    feedback = Group("q", (Candidate(PassageText("", "t"), True, None),))
    assert for_task(feedback, "read") is None


def test_the_layouts_are_read(tmp_path: Path) -> None:
    squad = {
        "data": [
            {
                "title": "The_Heron",
                "paragraphs": [
                    {
                        "context": "It eats fish.",
                        "qas": [
                            {
                                "id": "1",
                                "question": "What?",
                                "answers": [{"text": "fish", "answer_start": 8}],
                            },
                            {"id": "2", "question": "Why?", "answers": [], "is_impossible": True},
                        ],
                    }
                ],
            }
        ]
    }
    first, second = tmp_path / "a.json.gz", tmp_path / "b.jsonl"
    first.write_bytes(gzip.compress(json.dumps(squad).encode()))
    rows = [
        {"query": "mined", "positive": "good", "negatives": ["bad", {"heading": "H", "text": "x"}]},
        {"query": "read", "heading": "T", "positive": "a b", "answers": [[2, 3]]},
        {"query": "told", "passage": "p", "relevant": False},
    ]
    second.write_text("\n".join(map(json.dumps, rows)) + "\n")
    groups = read_groups([first, second])
    passage = PassageText("The Heron", "It eats fish.")
    assert groups[0].candidates == (Candidate(passage, True, ((8, 12),)),)
    assert groups[1].candidates == (Candidate(passage, None, ()),)
    assert [c.relevant for c in groups[2].candidates] == [True, False, False]
    assert groups[3].candidates == (Candidate(PassageText("T", "a b"), True, ((2, 3),)),)
    assert groups[4].candidates == (Candidate(PassageText("", "p"), False, None),)


def test_held_back_questions_are_the_same_each_time() -> None:
    groups = [Group(f"question {n}", animal_groups()[0].candidates) for n in range(200)]
    kept, held = hold_back(groups)
    assert 2 < len(held) < 25
    assert len(kept) + len(held) == 200
    assert hold_back(groups[::-1])[1] == held[::-1]
    assert len(hold_back(groups[:2])[1]) == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", "{", "a.jsonl, line 1"),
        ("a.jsonl", '{"query": "q"}', "positive"),
        ("a.jsonl", '{"query": " ", "positive": "p"}', "expected words"),
        ("a.jsonl", '{"query": "q", "passage": "p", "relevant": 3}', "neither true nor false"),
        ("a.jsonl", '{"query": "q", "positive": "p", "answers": [[0, 9]]}', "outside"),
        ("a.jsonl", "\n", "no questions"),
        ("a.json", "[]", "SQuAD"),
        ("a.json.gz", "plain", "cannot be read"),
        ("a.txt", "x", "expected SQuAD"),
    ],
)
def test_bad_data_is_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        read_groups([path])
    assert "\n" not in str(caught.value)


def test_an_answer_must_stand_where_it_says(tmp_path: Path) -> None:
    qas = [{"id": "7", "question": "q", "answers": [{"text": "fish", "answer_start": 1}]}]
    data = {"data": [{"title": "", "paragraphs": [{"context": "It eats fish.", "qas": qas}]}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match="'7': 'fish' does not stand at 1"):
        read_groups([path])


def test_only_what_a_graph_is_written_for_can_become_a_pair_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "albert"}')
    with pytest.raises(ModelError, match=r"albert, expected one of bert, .*mpnet"):
        start(tmp_path, seed=0, dropout=0.0)


def test_negatives_are_mined_by_the_engine(tmp_path: Path) -> None:
    corpus, data, out = tmp_path / "corpus", tmp_path / "asked.jsonl", tmp_path / "mined.jsonl"
    corpus.mkdir()
    texts = {
        "a": "The heron by the river eats fish.",
        "b": "A heron by the river sleeps.",
        "c": "Every heron eats fish, even in winter.",
    }
    for name, text in texts.items():
        (corpus / f"{name}.txt").write_text(text)
    index = build(corpus, tmp_path / "index", encoder=WordEncoder())
    at = texts["a"].index("fish")
    row = {"query": "what does the heron eat?", "positive": texts["a"], "answers": [[at, at + 4]]}
    data.write_text(json.dumps(row))
    searcher = Searcher(index, encoder=WordEncoder(), config=SearchConfig(rerank=False))
    (group,) = mined(read_groups([data]), searcher, count=2)
    assert [c.passage.text for c in group.candidates[1:]] == [texts["b"]]
    out.write_text(json.dumps(group_record(group)))
    assert read_groups([out]) == [group]
