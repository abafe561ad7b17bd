"""A table of answers: each cell is what the document alone would answer, and none is worked out
twice.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from lepton_local.cli import progress
from lepton_local.cli.sheet import SHEETS
from lepton_local.config import SearchConfig
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.search.table import Table
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_search
from tests.test_search import PLAIN, Needle

QUESTIONS = ("when were the tomatoes planted?", 'how long is "the loaf" baked?', "do otters sleep?")


@pytest.fixture
def index(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Path:
    (notes / "long.txt").write_text(
        "\n\n".join(f"Tomatoes of bed {n} were planted on {n} May, by hand." for n in range(1, 90))
    )
    builder.build(notes, tmp_path / "index", encoder=encoder)
    return tmp_path / "index"


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "dense"])
def test_a_cell_is_what_its_document_alone_answers(
    index: Path, encoder: WordEncoder, mode: str
) -> None:
    reader = Needle("May")
    config = SearchConfig(rerank_depth=4, mode=mode)
    opened = Searcher.open(index).index
    searcher = Searcher(opened, encoder=encoder, reranker=reader, reader=reader, config=config)
    rows = list(Table(searcher, QUESTIONS).rows())
    assert [row.document for row in rows] == [
        "bread.md",
        "garden.txt",
        "long.txt",
        "rows.jsonl#a",
        "rows.jsonl#b",
    ]
    for row in rows:
        for question, cell in zip(QUESTIONS, row.cells, strict=True):
            alone = searcher.answer(question, k=4, filters=[f"path:{row.document}"])
            told, expected = result_record(cell), result_record(alone)
            for name in ("answer", "answers", "null_confidence"):
                assert told[name] == expected[name], (row.document, question)
    assert rows[1].cells[0].answer is not None
    assert len(Table(searcher, QUESTIONS, over=["path:*.jsonl", "title:otter"])) == 1
    assert next(Table(searcher, QUESTIONS).rows(skip=4)).document == "rows.jsonl#b"


def test_several_filters_are_typed_in_one(index: Path, encoder: WordEncoder) -> None:
    def documents(over: str, question: str = "otters") -> list[str]:
        searcher = Searcher(Searcher.open(index).index, encoder=encoder, config=PLAIN)
        rows = Table(searcher, [question], over=[over]).rows()
        return [row.document for row in rows if row.cells[0].hits]

    assert documents('type:md path:"bread.md"') == ["bread.md"]
    assert documents("type:md OR title:otter") == ["bread.md", "rows.jsonl#a"]
    assert documents("-type:jsonl", "otters type:txt") == ["garden.txt", "long.txt"]
    with pytest.raises(InputError, match="'otters' is unknown, expected one of path:"):
        documents("type:md otters")


@pytest.fixture
def stubbed(index: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index, and models that the commands get without loading any."""
    reader = Needle("3 May")
    for name in ("load_encoder", "load_reranker", "load_reader"):
        model: Any = encoder if name == "load_encoder" else reader
        monkeypatch.setattr(
            f"lepton_local.search.searcher.{name}", lambda *_, made=model, **__: made
        )
    return index


def test_a_table_that_was_stopped_goes_on(
    stubbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, out = tmp_path / "whole.csv", tmp_path / "table.csv"
    assert lepton_search("table", stubbed, *QUESTIONS, "--csv", "--out", whole).exit_code == 0
    called = progress.Progress.__call__
    worked: list[int] = []

    def stop_at_two(self: progress.Progress, stage: str, done: int, total: int | None) -> None:
        worked.append(done)
        if done == 3:
            raise KeyboardInterrupt
        called(self, stage, done, total)

    monkeypatch.setattr(progress.Progress, "__call__", stop_at_two)
    typed = ("table", stubbed, *QUESTIONS, "--csv", "--out", out)
    stopped = lepton_search(*typed)
    part = out.with_name("table.csv.part")
    assert stopped.exit_code == 130
    assert f"{part} keeps its rows. To go on: " in stopped.stderr
    assert not out.exists()
    part.write_bytes(part.read_bytes() + b'{"schema": 1, "row": 4, "ha')  # killed while it wrote
    monkeypatch.setattr(
        progress.Progress, "__call__", lambda _, stage, done, total: worked.append(done)
    )
    assert lepton_search(*typed).exit_code == 0
    assert worked == [1, 2, 3, 4, 5]
    assert out.read_bytes() == whole.read_bytes()
    assert not part.exists()


def test_what_is_not_of_this_table_is_left_alone(stubbed: Path, tmp_path: Path) -> None:
    out, part = tmp_path / "t.csv", tmp_path / "t.csv.part"
    part.write_text("somebody's own\n")
    said = complaint(lepton_search("table", stubbed, *QUESTIONS, "--csv", "--out", out))
    assert f"{part} holds something else" in said
    assert part.read_text() == "somebody's own\n"
    assert not out.exists()


def test_the_forms_of_a_table_agree(stubbed: Path) -> None:
    asked = ("table", stubbed, QUESTIONS[0], "--over", "path:garden.txt path:*.txt")
    told = [json.loads(line) for line in lepton_search(*asked, "--json").stdout.splitlines()]
    answer = told[0]["cells"][0]["answer"]
    assert (told[0]["document"], answer["text"]) == ("garden.txt", "3 May")
    head, line = csv.reader(lepton_search(*asked, "--csv").stdout.splitlines())
    assert head[3:] == [
        QUESTIONS[0] + part for part in ("", " (confidence)", " (place)", " (also)")
    ]
    assert line[0] == "garden.txt"
    assert line[3:6] == ["3 May", f"{answer['confidence']:.2f}", "1:30"]
    assert "| garden.txt | 3 May (" in lepton_search(*asked, "--markdown").stdout
    assert "3 May (" in lepton_search(*asked).stdout
    nothing = lepton_search("table", stubbed, "do otters sleep?", "--over", "path:bread.md")
    assert (nothing.exit_code, nothing.stdout) == (1, "bread.md  Bread  –\n")  # noqa: RUF001


def test_no_cell_is_a_formula_or_markup(stubbed: Path) -> None:
    row = json.loads(lepton_search("table", stubbed, QUESTIONS[0], "--json").stdout.splitlines()[1])
    row["document"] = '=HYPERLINK("x")'
    row["cells"][0]["answer"]["text"] = "<img src=x> | [a](b) \x1b[2J"
    (line,) = list(csv.reader(list(SHEETS["csv"]([], [row]))[1:]))
    assert line[0] == '\'=HYPERLINK("x")'
    shown = list(SHEETS["markdown"](["q"], [row]))[-1]
    assert r"\<img src=x\> \| \[a\](b)" in shown
    assert "\x1b" not in shown
