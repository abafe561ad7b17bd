"""Results in a notebook, as text, as tables, and how far a build is."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lepton_local
from lepton_local.errors import DependencyError
from lepton_local.indexing import builder
from lepton_local.progress import STAGES
from lepton_local.search.searcher import Searcher
from lepton_local.types import Answer, Result
from tests.conftest import WordEncoder

EVIL = "<script>alert('otter')</script> & <b onload=x>\u202eotters\x07 swim</b>\n"


@pytest.fixture
def result(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Result:
    (notes / "<img src=x>.txt").write_text(EVIL)
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    config = lepton_local.SearchConfig(rerank=False, answer=False)
    found = Searcher(index, encoder=encoder, config=config).answer("otters swim", k=3)
    hit = next(each for each in found.hits if each.path.startswith("<img"))
    answer = Answer("<b>", 0, 3, 0.9, "# One", 1, 1, "a <b> quote", hit)
    return replace(found, answer=answer)


def test_a_notebook_shows_every_sign_of_a_document_as_text(result: Result) -> None:
    shown = result._repr_html_()
    tags = set(re.findall(r"<(/?\w+)", shown))
    assert tags <= {f"{end}{tag}" for tag in "div b bdi small mark".split() for end in ("", "/")}
    assert "&lt;script&gt;" in shown
    assert "&lt;img src=x&gt;.txt:1" in shown
    assert not {"\u202e", "\x07"} & set(shown)
    assert "<mark>swim</mark>" in shown or "<mark>otters</mark>" in shown
    assert shown.startswith("<div><div><b><bdi>&lt;b&gt;</bdi>")
    nothing = Result("who?", ())
    assert "No answer in these documents." in nothing._repr_html_()


def test_print_gives_place_and_words(result: Result) -> None:
    assert str(result.answer) == "<b> (<img src=x>.txt, One, 1:1, 90%)"
    assert str(result.hits[0]).startswith(f"{result.hits[0].passage.document}:1  ")
    assert str(result).startswith(f"{result.answer}\n\n{result.hits[0]}")
    assert str(Result("who?", ())) == "No answer in these documents."


def test_hits_are_a_table(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    table = result.to_arrow()
    assert table.column("rank").to_pylist() == [1, 2, 3]
    assert table.column("path").to_pylist() == [hit.path for hit in result.hits]
    assert table.column("text").to_pylist() == [hit.passage.text for hit in result.hits]
    assert Result("who?", ()).to_arrow().column_names == table.column_names

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")
        return find(name, *args, **more)

    find = builtins.__import__
    monkeypatch.setattr(Result, "to_arrow", lambda _: __import__("pandas"))
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DependencyError, match="to_pandas needs pandas") as told:
        result.to_pandas()
    assert told.value.advice == "pip install pandas"


def test_a_bar_tells_how_far_a_build_is(
    notes: Path, tmp_path: Path, encoder: WordEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    bar = lepton_local.ProgressBar()
    lepton_local.build(notes, tmp_path / "index", encoder=encoder, progress=bar)
    bar.close()
    said = capsys.readouterr().err
    assert "encoding: 100%" in said
    for stage in STAGES:
        bar(stage, 1, 2)
        bar(stage, 2, 2)
    bar.close()


def test_the_record_is_public(result: Result) -> None:
    assert "result_record" in dir(lepton_local)
    record = lepton_local.result_record(result, id=7)
    assert (record["id"], record["answer"]["text"]) == (7, "<b>")
    assert [hit["path"] for hit in record["hits"]] == [hit.path for hit in result.hits]
