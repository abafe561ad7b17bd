"""Indexes that have names, the one that belongs to a folder, and settings, through the commands."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lepton_local.cli import shelf
from lepton_local.homes import data_folder
from lepton_local.indexing import builder
from tests.conftest import WordEncoder
from tests.test_cli import complaint, lepton_index, lepton_search

QUERY = ("otters", "--mode", "lexical", "--no-rerank", "--no-answer", "--paths")


@pytest.fixture
def indexes(
    tmp_path: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """`indexes/notes` and `indexes/garden`, in a folder with `notes/`, where we stand."""
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LEPTON_CONFIG", str(tmp_path / "config.toml"))
    builder.build(notes, tmp_path / "indexes" / "notes", encoder=encoder)
    builder.build(notes / "garden.txt", tmp_path / "indexes" / "garden", encoder=encoder)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "indexes"


def test_a_name_stands_for_the_folder(indexes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lepton_index("name", "indexes/notes", "work").exit_code == 0
    monkeypatch.chdir("/")
    found = lepton_search("query", "@work", *QUERY)
    assert Path(found.stdout.strip()).name == "rows.jsonl"
    assert "4 documents" in lepton_index("info", "@work").stdout
    both = lepton_search("query", indexes / "garden", "--also", "@work", *QUERY)
    assert both.stdout == found.stdout
    file = data_folder() / "indexes.json"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert json.loads(file.read_bytes())["indexes"] == {"work": str(indexes / "notes")}
    said = complaint(lepton_search("query", "@wrk", "otters"))
    assert "no index is called @wrk, expected one of these: @work" in said


def test_an_index_has_one_name_and_a_name_one_index(indexes: Path) -> None:
    lepton_index("name", "indexes/notes", "work")
    said = complaint(lepton_index("name", "indexes/garden", "@work"))
    assert f"@work is the name of {indexes / 'notes'}" in said
    lepton_index("name", "indexes/notes", "notes-2026")
    assert shelf.names() == {"notes-2026": str(indexes / "notes")}
    assert "no name for an index" in complaint(lepton_index("name", "indexes/notes", "a/b"))
    assert "not an index" in complaint(lepton_index("name", "notes", "docs"))
    assert lepton_index("unname", "@notes-2026").exit_code == 0
    assert shelf.names() == {}
    assert (indexes / "notes" / "manifest.json").exists()


def test_the_list_tells_what_there_is(indexes: Path, tmp_path: Path) -> None:
    lepton_index("name", "indexes/notes", "work")
    shelf.give("gone", tmp_path / "elsewhere")
    told = json.loads(lepton_index("list", "--json").stdout)["indexes"]
    assert [each["name"] for each in told] == ["gone", "work", ""]
    assert "not an index" in told[0]["error"]
    assert told[1]["documents"] == 4
    assert told[1]["roots"] == [str(tmp_path / "notes")]
    assert told[2]["folder"] == str(indexes / "garden")
    shown = lepton_index("list").stdout
    assert f"@work  {indexes / 'notes'}\n    4 documents" in shown
    assert "name one: lepton-index name indexes/garden NAME" in shown


def test_without_an_index_the_list_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = lepton_index("list")
    assert shown.exit_code == 1
    assert "make one: lepton-index build FOLDER" in shown.stdout


def test_the_index_of_a_folder_is_found_upwards(
    indexes: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = complaint(lepton_search("query", *QUERY))
    assert "has 2 indexes, expected the one that is meant: indexes/garden, indexes/notes" in said
    lepton_index("name", "indexes/notes", "work")
    (notes / "deep").mkdir()
    monkeypatch.chdir(notes / "deep")  # under a root of an index with a name
    assert lepton_search("query", *QUERY).stdout == f"{notes / 'rows.jsonl'}\n"
    assert lepton_search("query", "@", *QUERY).exit_code == 0
    assert "4 documents" in lepton_index("info").stdout
    assert lepton_index("explain", notes / "garden.txt").exit_code == 0
    monkeypatch.chdir("/")
    assert "none belongs to /" in complaint(lepton_search("query", *QUERY))


def test_one_index_alone_is_meant(indexes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(indexes / "garden")
    assert "1 document" in lepton_index("info").stdout
    forgotten = lepton_search("query", indexes / "notes")  # the question, not the index
    assert "Missing argument 'QUESTION'" in forgotten.stderr


@pytest.mark.skipif(os.name != "posix", reason="owners are told by number")
def test_an_index_of_another_user_is_passed_over(
    indexes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(indexes / "garden")
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(indexes).st_uid + 1)
    assert "none belongs to" in complaint(lepton_index("info"))


def test_settings_are_defaults(indexes: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lepton_index("name", "indexes/notes", "work")
    Path("config.toml").write_text('index = "@work"\nk = 1\n')
    monkeypatch.chdir("/")
    asked = ("the tomatoes and the sourdough", *QUERY[1:])
    assert len(lepton_search("query", *asked).stdout.splitlines()) == 1
    assert len(lepton_search("query", *asked, "-k", "2").stdout.splitlines()) == 2
    shown = lepton_index("info", "--settings").stdout
    assert "index  '@work'" in shown
    assert "k      1" in shown
    assert "[default: 1]" in lepton_search("query", "--help").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kk = 3", "'kk' is no setting, expected one of index, k"),
        ("k = 0", "k is 0, expected a whole number above 0"),
        ('k = "many"', "k is 'many', expected a whole number above 0"),
        ("index = 3", 'index is 3, expected an index, such as "@work"'),
        ("index", "is not TOML"),
        ("\xff", "is not TOML"),
    ],
)
def test_wrong_settings_are_one_line(indexes: Path, text: str, said: str) -> None:
    Path("config.toml").write_bytes(text.encode("latin-1"))
    told = complaint(lepton_index("info", "indexes/notes"))
    assert said in told
    assert str(Path.cwd() / "config.toml") in told


@pytest.mark.parametrize("text", ["", "[]", '{"indexes": {"a": 3}}', '{"indexes": {"../a": "/b"}}'])
def test_a_shelf_that_is_none_is_one_line(indexes: Path, text: str) -> None:
    data_folder().mkdir()
    (data_folder() / "indexes.json").write_text(text)
    assert "does not hold the names of indexes" in complaint(lepton_search("query", "@a", "b"))
    assert lepton_search("query", "indexes/notes", *QUERY).exit_code == 0


def test_many_names_at_once_are_all_kept(indexes: Path) -> None:
    code = "import sys; from lepton_local.cli import shelf; shelf.give(sys.argv[1], sys.argv[1])"
    started = [
        subprocess.Popen([sys.executable, "-c", code, f"n{number}"], cwd=indexes)
        for number in range(5)
    ]
    assert [each.wait() for each in started] == [0] * 5
    assert len(shelf.names()) == 5
