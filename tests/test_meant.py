"""A word that points back to one of two things: either is asked about, and it is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.cli.tui import said
from lepton_local.search.either import either
from lepton_local.search.follow import complete
from lepton_local.search.follow_signs import words
from lepton_local.search.record import result_record
from lepton_local.serve import app as doors
from lepton_local.serve.guard import Guard
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import OneKey
from tests.test_cli import lepton_search

TEXTS = {
    "lime.md": "# Lime Street\n\nThe office in Lime Street opens at nine in the morning.\n",
    "mill.md": "# Mill Lane\n\nThe office in Mill Lane opens at ten in the morning.\n",
}
TALK = ("Which office is larger, Lime Street or Mill Lane?", "When does it open?")
LEAST = 0.3


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("offices")
    for name, told in TEXTS.items():
        (root / name).write_text(told)
    lepton.build(root, root / "index")
    return root / "index"


@pytest.mark.parametrize(
    ("asked", "last", "sure", "meant"),
    [
        ("when does it open?", TALK[0], (0.9, 0.8), ("lime street", "mill lane")),
        ("when does it open?", TALK[0], (0.8, 0.9), ("mill lane", "lime street")),
        ("when does it open?", TALK[0], (0.9, 0.5), None),  # one is likelier
        ("when does it open?", TALK[0], (0.2, 0.2), None),  # neither is likely
        ("when do they open?", TALK[0], (0.9, 0.9), None),  # both are meant
        ("when does the office open?", TALK[0], (0.9, 0.9), None),
        ("is it fresh?", "what costs more, bread or a cake?", (0.9, 0.9), ("bread", "cake")),
        ("is it fresh?", "is bread in a cake?", (0.9, 0.9), None),
    ],
)
def test_either_is_meant_only_where_one_word_may_be_two_things(
    asked: str, last: str, sure: tuple[float, float], meant: tuple[str, str] | None
) -> None:
    names = ("lime street", "mill lane") if "Lime" in last else ("bread", "cake")
    stems = [frozenset(word.stem for word in words(name)) for name in names]
    told = {stem: sure[at] for at, each in enumerate(stems) for stem in each}
    found = either(words(asked), words(last), told, least=LEAST)
    assert found == (None if meant is None else tuple(stems[names.index(each)] for each in meant))


@pytest.mark.parametrize(
    ("question", "carried", "whole"),
    [
        ("When does it open?", ["Mill", "Lane"], "When does Mill Lane open?"),
        ("What was her salary in 1901?", ["Curie"], "What was Curie's salary in 1901?"),
        ("Who saw her in 1901?", ["Curie"], "Who saw Curie in 1901?"),
        ("And the rent?", ["Mill", "Lane"], "And the rent? (Mill Lane)"),
        ("When did they meet him?", ["Curie"], "When did they meet him? (Curie)"),
        ('who wrote "it"?', ["Curie"], 'who wrote "it"? (Curie)'),
        ("is it?", list("abcde"), "is it? (a b c d e)"),
        ("is it?", [], "is it?"),
    ],
)
def test_words_stand_where_a_question_points(question: str, carried: list[str], whole: str) -> None:
    assert complete(question, carried) == whole


def test_both_are_asked_in_a_talk(index: Path) -> None:
    with lepton.Searcher.open(index) as searcher:
        session = lepton.Session(searcher)
        assert session.ask(TALK[0]).clarify == ()
        result = session.ask(TALK[1])
        named = {" ".join(each.words): each for each in result.clarify}
        assert set(named) == {"Lime Street", "Mill Lane"}
        for name, hour in (("Lime Street", "nine"), ("Mill Lane", "ten")):
            assert named[name].question == f"When does {name} open?"
            answer = named[name].answer
            assert answer is not None
            assert hour in answer.text
        assert result.answer == result.clarify[0].answer
        record = result_record(result)["clarify"]
        assert [each["question"] for each in record] == [e.question for e in result.clarify]
        shown = str(said(result))
        assert "Lime Street: " in shown
        assert "Mill Lane: " in shown
        left = session.drop(list(result.clarify[0].words))
        assert left.clarify == ()
    told = lepton_search("chat", index, stdin="\n".join(TALK)).stdout
    assert "This may be about" in told
    assert json.loads(json.dumps(record)) == record


def test_both_are_links_of_the_page(index: Path) -> None:
    guarded = Guard(doors.app(Live([index]), cores=1), port=80, keys=OneKey("key"))
    headers = {"Host": "localhost:80", "Authorization": "Bearer key"}
    with TestClient(guarded, base_url="http://localhost", headers=headers) as client:
        page = client.get("/", params={"q": TALK[1], "after": TALK[0]}).text
        plain = client.get("/", params={"q": TALK[0]}).text
    assert "Either may be meant:" in page
    assert "/?q=When+does+Mill+Lane+open%3F" in page
    assert "/?q=When+does+Lime+Street+open%3F" in page
    assert "Either may be meant:" not in plain
