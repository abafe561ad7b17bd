"""`ls` and `cat`: which documents an index holds, and what stands in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lepton_local.indexing import builder
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_index, lepton_search

TEXT = """# Ferries

    indented by four

- a list
\t- with a tab

Last line, with ünïcode — and 中文。
"""


@pytest.fixture
def index(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Path:
    (notes / "deep").mkdir()
    (notes / "deep" / "ferry.md").write_text(TEXT)
    (notes / "12:30").write_text("x")
    (notes / "at 12:30.txt").write_text("The ferry.\nIt leaves at half past.\n")
    builder.build(notes, tmp_path / "index", encoder=encoder)
    return tmp_path / "index"


def test_documents_are_listed_as_they_are_cited(index: Path) -> None:
    listed = lepton_index("ls", index)
    assert listed.stdout.split("\n") == [
        "at 12:30.txt",
        "bread.md",
        "deep/ferry.md",
        "garden.txt",
        "rows.jsonl#a",
        "rows.jsonl#b",
        "",
    ]
    assert lepton_index("ls", index, "type:markdown", "deep/*").stdout == "deep/ferry.md\n"
    assert lepton_index("ls", index, "*.md", "-0").stdout == "bread.md\0deep/ferry.md\0"
    assert lepton_index("ls", index, "type:pdf").exit_code == 1
    assert "filter 'size:3' is unknown" in complaint(lepton_index("ls", index, "size:3"))
    record = json.loads(lepton_index("ls", index, "rows.jsonl", "--json").stdout)
    assert [each["document"] for each in record["documents"]] == ["rows.jsonl#a", "rows.jsonl#b"]
    assert record["documents"][0]["title"] == "Otter"
    assert "markdown  en  " in lepton_index("ls", index, "-l").stdout


def test_documents_of_two_roots_are_told_apart(tmp_path: Path, encoder: WordEncoder) -> None:
    for root in ("r1", "r2"):
        (tmp_path / root).mkdir()
        (tmp_path / root / "w.md").write_text(f"walrus {root}")
    builder.build([tmp_path / "r1", tmp_path / "r2"], tmp_path / "index", encoder=encoder)
    first, second = lepton_index("ls", tmp_path / "index").stdout.splitlines()
    assert (first, second) == (f"{tmp_path}/r1/w.md", f"{tmp_path}/r2/w.md")
    plain = ("--mode", "lexical", "--no-rerank", "--no-answer")
    shown = lepton_search("query", tmp_path / "index", "walrus", *plain).stdout
    assert "r1/w.md:1" in shown
    assert "r2/w.md:1" in shown
    assert lepton_index("cat", tmp_path / "index", second).stdout == "walrus r2\n"


def test_a_document_is_printed_as_it_was_indexed(index: Path, notes: Path) -> None:
    (notes / "deep" / "ferry.md").unlink()
    shown = lepton_index("cat", index, "deep/ferry.md").stdout
    assert shown.split() == TEXT.split()
    assert [line.strip() for line in shown.splitlines()] == [
        line.strip() for line in TEXT.splitlines()
    ]
    assert lepton_index("cat", index, "deep/ferry.md:5").stdout == "- a list\n"
    assert lepton_index("cat", index, "bread.md:3-", "-n").stdout.startswith("3  ## Starter\n")
    assert lepton_index("cat", index, "at 12:30.txt").stdout.count("\n") == 2
    assert lepton_index("cat", index, "at 12:30.txt:2-2").stdout == "It leaves at half past.\n"
    assert lepton_index("cat", index, "bread.md:90-99").stdout == ""


def test_a_file_of_several_documents_gives_each_under_its_name(index: Path) -> None:
    shown = lepton_index("cat", index, "rows.jsonl").stdout
    assert shown.startswith("==> rows.jsonl#a <==\n")
    assert "\n==> rows.jsonl#b <==\n" in shown
    assert lepton_index("cat", index, "rows.jsonl#b").stdout.startswith("A heron stands")
    record = json.loads(lepton_index("cat", index, "rows.jsonl#b:1", "--json").stdout)
    (document,) = record["documents"]
    assert document["lines"][0]["line"] == 1


def test_a_document_that_is_not_there_is_one_line(index: Path) -> None:
    said = complaint(lepton_index("cat", index, "nothing.md:3"))
    assert "nothing.md:3 is not in the index" in said
    assert said.endswith(f"lepton-index ls {index}\n")
