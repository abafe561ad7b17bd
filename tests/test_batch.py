"""Questions in files and streams: JSON Lines, CSV and text, each answered when it is there."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lepton_local.cli.batch import Asked, read_questions
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from tests.conftest import WordEncoder
from tests.test_cli import lepton_search

PLAIN = ("--mode", "lexical", "--no-rerank", "--no-answer")


@pytest.fixture
def index(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Path:
    builder.build(notes, tmp_path / "index", encoder=encoder)
    return tmp_path / "index"


def read(text: str, name: str = "<stdin>") -> list[Any]:
    """What is asked: (id, question), or what is wrong."""
    asked = read_questions(io.BytesIO(text.encode()), name)
    return [each.error or (each.id, each.question) for each in asked]


def test_a_line_is_a_question_or_json() -> None:
    assert read('who?\n\n{"id": 7, "query": "when?"}\n  where?  ') == [
        (None, "who?"),
        (7, "when?"),
        (None, "where?"),
    ]
    assert read("text\nA question, with a comma?\n")[0] != (None, "text")  # it names a column
    assert read("when, and where?\nwho?\n") == [(None, "when, and where?"), (None, "who?")]


def test_a_table_is_told_by_its_name_or_its_first_line() -> None:
    assert read('id,question\n1,"who, and\nwhen?"\n2,where?\n') == [
        ("1", "who, and\nwhen?"),
        ("2", "where?"),
    ]
    assert read("\ufeffquestion;id\nwho?;a\n", "q.csv") == [("a", "who?")]
    wrong = read("id,question\n1\n2,where?\n")
    assert wrong == ["1 cells, expected 2", ("2", "where?")]
    with pytest.raises(InputError, match="the column 'filters' is unknown"):
        read("question,filters\nwho?,type:pdf\n", "q.csv")
    with pytest.raises(InputError, match="no column has the question"):
        read("id\n1\n", "q.csv")


def test_a_key_that_is_unknown_is_named_and_the_others_are_answered() -> None:
    rows = '{"id": 3, "question": "who?", "filters": ["a"], "kk": 1}\n{"question": "when?"}\n'
    wrong, right = read(rows)
    assert wrong.startswith("'filters', 'kk' is unknown, expected")
    assert right == (None, "when?")
    assert read('{"_id": "q1", "text": "who?", "metadata": {}}\n') == [("q1", "who?")]
    assert "has no question" in read("who?\n", "q.jsonl")[0]  # the name says what it is


def test_an_answer_comes_as_soon_as_its_line_is_in(index: Path) -> None:
    code = "from lepton_local.cli.search import main; main()"
    command = [sys.executable, "-c", code, "batch", str(index), "-", *PLAIN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as batch:
        assert batch.stdin is not None
        assert batch.stdout is not None
        for question in (b"otters", b'{"question": "tomatoes"}'):
            batch.stdin.write(question + b"\n")
            batch.stdin.flush()
            assert json.loads(batch.stdout.readline())["hits"]
        batch.stdin.close()
        assert batch.wait() == 0


def test_a_csv_of_questions_is_answered_with_its_ids(index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.csv"
    questions.write_text("id,question\na,otters\nb,\nc,tomatoes\n")
    done = lepton_search("batch", index, questions, *PLAIN)
    first, bad, last = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 2
    assert (first["id"], bad["id"], last["id"]) == ("a", "b", "c")
    assert bad["line"] == 3
    assert first["hits"][0]["path"] == "rows.jsonl"


def test_a_question_comes_from_standard_input(index: Path) -> None:
    asked = lepton_search("query", index, "-", *PLAIN, "--json", stdin="otters\n")
    assert json.loads(asked.stdout)["hits"][0]["path"] == "rows.jsonl"
    assert lepton_search("query", index, "-", *PLAIN, stdin=" \n").exit_code == 2


def test_names_end_with_nul_where_asked(index: Path, notes: Path) -> None:
    found = lepton_search("query", index, "tomatoes otters", *PLAIN, "--paths", "-0")
    assert set(found.stdout.split("\0")) == {f"{notes}/garden.txt", f"{notes}/rows.jsonl", ""}
    assert "\n" not in found.stdout
    assert "expected both" in lepton_search("query", index, "otters", "-0").stderr


def test_a_line_without_end_takes_no_memory() -> None:
    asked = read_questions(io.BytesIO(b"a" * (3 << 20)))
    assert all(isinstance(each, Asked) and len(each.question) <= 1 << 20 for each in asked)
