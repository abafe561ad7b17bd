"""A row of data is found by what tells of it, and its text is not drowned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main
from lepton_local.config import BuildConfig
from lepton_local.corpus.formats.fields import FIGURES, LONGEST, MOST, telling
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from tests.conftest import WordEncoder
from tests.parsing import documents
from tests.test_search import PLAIN

ISSUES = [
    {"number": 412, "title": "Crash", "body": "It stops at noon.", "state": "open", "by": "Lee"},
    {
        "number": 98,
        "title": "Typo",
        "body": "Wrong.",
        "state": "closed",
        "labels": ["ui", "a b"],
    },
    {"number": 7, "title": "Slow", "body": "Takes an hour.", "state": "Open", "labels": ["ui"]},
]


@pytest.fixture
def issues(tmp_path: Path, encoder: WordEncoder) -> Searcher:
    (tmp_path / "docs").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in ISSUES)
    (tmp_path / "docs" / "issues.jsonl").write_text(lines)
    index = builder.build(tmp_path / "docs", tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=PLAIN)


def test_a_row_is_found_and_shown_by_its_fields(issues: Searcher) -> None:
    for asked, title in (("issue 412", "Crash"), ("Lee", "Crash"), ("closed", "Typo")):
        hit = issues.search(asked, k=1)[0]
        assert hit.title == title
        assert hit.matches
    text = issues.search("412", k=1)[0].passage.text
    assert text == "It stops at noon.\n\nnumber: 412\nstate: open\nby: Lee"
    assert all(finding.ok for finding in check(issues.index.path, sources=True))


def test_filters_ask_for_fields(issues: Searcher) -> None:
    def titles(*filters: str) -> set[str]:
        return {hit.title for hit in issues.search("issue", filters=filters)}

    assert titles("field:state=open") == {"Crash", "Slow"}
    assert titles("-field:State=OPEN") == {"Typo"}
    assert titles("field:labels=ui") == {"Typo", "Slow"}
    assert titles("field:labels=a b") == {"Typo"}
    assert titles("field:labels=a") == set()
    assert titles("field:number=7") == {"Slow"}
    assert titles("field:number=7,98") == {"Typo", "Slow"}
    assert {hit.title for hit in issues.search("issue field:number=98")} == {"Typo"}
    for wrong in ("field:state", "field:=open", "field:state="):
        with pytest.raises(InputError, match="expected field:NAME=VALUE"):
            titles(wrong)


@pytest.mark.parametrize(
    "metadata", [{}, "", "odd", None, 7, {"url": "http://a/b"}, ["x", {}], ["y"]]
)
def test_rows_of_test_sets_stay_as_they_are(metadata: object) -> None:
    row = {"_id": "4983", "title": "A title", "text": " Its text.\n", "metadata": metadata}
    (found,) = documents("corpus.jsonl", json.dumps(row))
    assert (found.text, found.title, found.titled) == (" Its text.\n", "A title", True)


def test_what_would_drown_the_text_is_left_out() -> None:
    assert telling({"url": "http://a/b", "n": 3, "ok": True}) == "url: http://a/b\nn: 3\nok: true"
    assert (
        telling({"abstract": "long " * LONGEST, "vector": [0.1, 0.2], "user": {"name": "x"}}) == ""
    )
    figures = {f"feature {n}": n / 7 for n in range(FIGURES + 1)}
    assert telling({"issue_id": 412, **figures}) == "issue_id: 412"
    assert telling(dict(list(figures.items())[:3])).count("\n") == 2
    many = telling({f"name {n}": "word " * 9 for n in range(40)})
    assert MOST / 2 < len(many) <= MOST


def test_fields_that_are_named_are_the_text(tmp_path: Path, encoder: WordEncoder) -> None:
    (tmp_path / "docs").mkdir()
    row = {"id": "a", "title": "T", "text": "Body.", "Note": "n" * LONGEST * 2, "state": "open"}
    (tmp_path / "docs" / "a.jsonl").write_text(f"{json.dumps(row)}\n")
    (tmp_path / "docs" / "b.csv").write_text("name,size\nbolt,3\n")
    index, config = tmp_path / "index", BuildConfig(text_fields=("note", "TEXT", "title", "size"))
    builder.build(tmp_path / "docs", index, config, encoder=encoder)
    found = Searcher(Index.open(index), encoder=encoder, config=PLAIN)
    texts = {hit.title: hit.passage.text for hit in found.search("body bolt")}
    assert texts == {"T": f"Note: {row['Note']}\n\nBody.\n\nT", "b": "size: 3"}
    assert all(finding.ok for finding in check(index, sources=True))
    proved = found.verify(found.answer("body bolt"))
    assert all(hit.verified for hit in proved.hits)
    (tmp_path / "docs" / "c.csv").write_text("name,size,text\nnut,4,Round\n")
    builder.update(index, encoder=encoder)
    again = Searcher(Index.open(index), encoder=encoder, config=PLAIN).search("round", k=1)
    assert again[0].passage.text == "Round\n\nsize: 4"


def test_the_command_names_them(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a", "text": "Body.", "state": "open"}\n')
    index = str(tmp_path / "index")
    done = CliRunner().invoke(
        main, ["build", str(tmp_path / "a.jsonl"), "--out", index, "--text-fields", "text, state"]
    )
    assert done.exit_code == 0
    opened = Index.open(index)
    assert opened.manifest.config.text_fields == ("text", "state")
    assert Searcher(opened, config=PLAIN).search("open")[0].passage.text == "Body.\n\nstate: open"
