"""Answers that are lists: all the items around the words that the reader found."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from lepton_local.cli.show import result_lines
from lepton_local.indexing import builder
from lepton_local.search.items import items_around
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.search.wants import LIST, PHRASE, wanted
from lepton_local.serve.page import result_page
from tests.conftest import WordEncoder
from tests.test_search import Needle


@pytest.mark.parametrize(
    "question",
    [
        "which harbours are open?",
        "What harbours does the ferry call at?",
        "list the members of the board",
        "please name all keepers",
        "who were the founders?",
        "what are the opening hours?",
        "Welche Häfen gibt es?",
    ],
)
def test_questions_for_several_things_want_a_list(question: str) -> None:
    assert wanted(question) == LIST


@pytest.mark.parametrize(
    "question",
    ["which harbour is open?", "what is this?", "which process is used?", "what was his status?"],
)
def test_questions_for_one_thing_do_not(question: str) -> None:
    assert wanted(question) == PHRASE


LISTED = """The ferry calls at these harbours:

- Vestness
- Molde,
  but only in summer
- Ålesund

It carries no cars.
"""
TERMS = "Options:\n\n- `--all`: every file\n- `--new`: the new ones\n- **--old**: all\n"
MARKDOWN = "| Keeper | Lamp |\n| --- | --- |\n| Holm | red |\n| Berg | |\n| Vik | green |\n"
ROWS = "name: Holm | lamp: red\nname: Berg | lamp: white\nname: Vik | lamp: green\n"
BOARD = "The board is made up of Mrs Holm, Mr Berg and the harbour master. It meets in May."


@pytest.mark.parametrize(
    ("text", "found", "items"),
    [
        (LISTED, "Molde", ["Vestness", "Molde,\n  but only in summer", "Ålesund"]),
        (LISTED, "these", ["Vestness", "Molde,\n  but only in summer", "Ålesund"]),
        (TERMS, "--new", ["--all", "--new", "--old"]),
        (TERMS, "new ones", ["`--all`: every file", "`--new`: the new ones", "**--old**: all"]),
        (MARKDOWN, "Vik", ["Holm", "Berg", "Vik"]),
        (MARKDOWN, "green", ["red", "green"]),
        (ROWS, "white", ["red", "white", "green"]),
        (BOARD, "Mr Berg", ["Mrs Holm", "Mr Berg", "the harbour master"]),
        (BOARD, BOARD[24:-18], ["Mrs Holm", "Mr Berg", "the harbour master"]),
        ("In 1931, Holm, Berg and Vik built it.", "Holm, Berg and Vik", ["Holm", "Berg", "Vik"]),
        ("It sails on Monday, Friday or Sunday at noon.", "Friday", ["Monday", "Friday", "Sunday"]),
        ("It is red, white and blue.", "red", ["red", "white", "blue"]),
        ("When it rains, the keeper stays in.", "the keeper", []),
        ("The rent is due on 3 May.", "3 May", []),
        ("| Keeper | Lamp |\n| --- | --- |\n| Holm | red |\n", "Lamp", []),
        ("- one\n\nThen two.", "one", []),
    ],
)  # fmt: skip
def test_the_items_beside_a_span(text: str, found: str, items: list[str]) -> None:
    at = text.index(found)
    assert [text[a:b] for a, b in items_around(text, at, at + len(found), "which?")] == items


def test_a_column_that_is_named_is_the_one() -> None:
    at = MARKDOWN.index("red")
    found = items_around(MARKDOWN, at, at + 3, "list the keepers of the lighthouse")
    assert [MARKDOWN[a:b] for a, b in found] == ["Holm", "Berg", "Vik"]


@pytest.fixture
def harbours(tmp_path: Path) -> Searcher:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "ferry.md").write_text(LISTED)
    index = builder.build(tmp_path / "docs", tmp_path / "index", encoder=WordEncoder()).index
    reader = Needle("Molde")
    return Searcher(index, encoder=WordEncoder(), reranker=reader, reader=reader)


def test_a_list_is_answered_whole(harbours: Searcher) -> None:
    result = harbours.answer("which harbours does the ferry call at?")
    answer = result.answer
    assert answer is not None
    assert answer.kind == LIST
    assert [each.text.split(",")[0] for each in answer.items] == ["Vestness", "Molde", "Ålesund"]
    assert all(LISTED[each.start : each.end] == each.text for each in answer.items)
    assert LISTED[answer.start : answer.end] == answer.text
    assert (answer.line, answer.column) == (3, 3)
    told = result_record(result)["answer"]
    assert told["items"][0] == {"text": "Vestness", "start": LISTED.index("Vest"), "end": 46}
    lines = [click.unstyle(each) for each in result_lines(result, index="i", answering=True)]
    assert lines[:3] == ["- Vestness", "- Molde, but only in summer", "- Ålesund"]
    assert "• Vestness\n• Molde" in result_page(result, skipped=0, k=10)


def test_what_announces_a_list_is_answered_by_it(harbours: Searcher) -> None:
    reader = Needle("these harbours")
    asked = Searcher(harbours.index, encoder=WordEncoder(), reranker=reader, reader=reader)
    result = asked.answer("which harbours does the ferry call at?")
    assert result.answer is not None
    assert len(result.answer.items) == 3
    assert result.answer.confidence > 0.9
    assert result.answers == ()


def test_a_phrase_is_still_one(harbours: Searcher) -> None:
    for result in (
        harbours.answer("where does the ferry call?"),
        harbours.answer("which harbours does the ferry call at?", whole=False),
    ):
        assert result.answer is not None
        assert (result.answer.text, result.answer.kind, result.answer.items) == (
            "Molde",
            PHRASE,
            (),
        )
