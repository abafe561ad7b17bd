"""Logs of chats, in the layouts that tools export, as stored questions and as marks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.search.chatlog import Exchange, pairs, read_log
from lepton_local.store.feedback import Feedback
from tests.conftest import WordEncoder
from tests.test_cli import lepton_index

LOG = """Question,Answer,Rating
How do I open the oven?,Turn the handle.,5
how do i open the OVEN,Kick it.,1
Why is it cold?,"No gas.
Ask the mill.",4
Why is it cold?,Because.,3
Who are you?,A cook.,1
"Is it ""new""?",,5
"""


def log(text: str, name: str = "log.csv") -> list[Exchange]:
    return read_log(text.encode(), name)


def test_each_question_has_its_best_answer() -> None:
    found = {each.question: each for each in pairs(log(LOG))}
    assert found.keys() == {"How do I open the oven?", "Why is it cold?"}  # the cook was bad
    assert found["How do I open the oven?"].answer == "Turn the handle."
    assert found["How do I open the oven?"].asked == 2
    assert found["Why is it cold?"].answer == "No gas.\nAsk the mill."


def test_of_answers_that_nobody_rated_the_one_given_most_often_counts() -> None:
    rows = [("a?", "one"), ("a?", "two"), ("A", "two"), ("b?", "old"), ("b?", "new")]
    lines = "\n".join(json.dumps({"prompt": q, "response": a, "more": [1]}) for q, a in rows)
    assert [(each.question, each.answer) for each in pairs(log(lines))] == [
        ("a?", "two"),
        ("b?", "new"),
    ]


@pytest.mark.parametrize(
    ("told", "worth"),
    [
        (["good", "bad", "", "👎"], [1, -1, 0, -1]),
        ([1, 0, None], [1, -1, 0]),
        ([1, -1, 0], [1, -1, 0]),
        ([True, False], [1, -1]),
        ([5, 1, 3], [1, -1, 0]),
        ([4, 3], [0.5, 0]),
        (["5", "2"], [1, -0.5]),
        ([10, 1, 5.5], [1, -1, 0]),
        (["nan?", {}], [0, 0]),
    ],
)
def test_ratings_in_many_scales(told: list[object], worth: list[float]) -> None:
    lines = "\n".join(json.dumps({"question": "q", "answer": "a", "rating": each}) for each in told)
    assert [each.rating for each in log(lines, "log.jsonl")] == worth


@pytest.mark.parametrize(
    "text",
    ["", "a,b\n1,2\n", '{"question": "q"}\n', '{"question": "q", "answer": "a"}\n[1]\n', "{", "\0"],
)
def test_what_is_no_log_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(InputError) as refused:
        log(text)
    assert "\n" not in refused.value.message
    assert "expected" in refused.value.message


def test_a_log_becomes_a_corpus_and_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, out = tmp_path / "log.csv", tmp_path / "best.jsonl"
    place.write_text(LOG)
    done = lepton_index("import-chat", place, "--out", out, "--json")
    assert json.loads(done.stdout) == {"schema": 1, "exchanges": 5, "pairs": 2}
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows[0] == {
        "question": "How do I open the oven?",
        "answer": "Turn the handle.",
        "asked": 2,
        "rating": 1.0,
    }
    encoder = WordEncoder()
    monkeypatch.setattr("lepton_local.search.searcher.load_encoder", lambda *_, **__: encoder)
    index = tmp_path / "index"
    (tmp_path / "kick.txt").write_text("Kick it.")
    builder.build([out, tmp_path / "kick.txt"], index, encoder=encoder)
    done = lepton_index("import-chat", place, "--mark", index)
    assert done.exit_code == 0, done.output
    assert "3 marks kept" in done.stdout
    assert "1 rated answers stand in no passage" in done.stdout
    events = Feedback(index).events()
    assert {(event.action, event.what.document) for event in events if event.what} == {
        ("hit_good", "best.jsonl#1"),
        ("hit_bad", "kick.txt"),
        ("hit_good", "best.jsonl#2"),
    }


def test_what_is_not_there_and_what_is_not_wanted(tmp_path: Path) -> None:
    place = tmp_path / "log.csv"
    place.write_text("question,answer,rating\nq,a,0\n")
    assert lepton_index("import-chat", place).exit_code == 2
    assert lepton_index("import-chat", tmp_path / "no.csv", "--out", "x").exit_code == 2
    bad = tmp_path / "bad.jsonl"
    assert lepton_index("import-chat", place, "--out", bad).exit_code == 1  # all was bad
    assert bad.read_text() == ""
