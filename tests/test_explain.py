"""Why a file is not found, and what is said when nothing is: each reason by its own name."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from lepton_local.cli.show import doubts
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.indexing.explain import explain
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from tests.conftest import WordEncoder

PLAIN = SearchConfig(rerank=False, answer=False)


@pytest.fixture
def index(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Path:
    (tmp_path / "outside.txt").write_text("Not among the notes.\n")
    (notes / "link.txt").symlink_to(tmp_path / "outside.txt")
    (notes / "again").symlink_to(notes)
    (notes / ".secret.txt").write_text("Hidden.\n")
    (notes / "draft.txt").write_text("Unfinished.\n")
    (notes / ".gitignore").write_text("draft.txt\n")
    (notes / "photo.xyz").write_text("No parser.\n")
    return builder.build(notes, tmp_path / "index", encoder=encoder).index.path


@pytest.mark.parametrize(
    ("file", "status", "reason"),
    [
        ("bread.md", "indexed", ""),
        ("rows.jsonl#b", "indexed", ""),
        (".secret.txt", "ignored", ".secret.txt is hidden"),
        ("link.txt", "ignored", "it leads out of the root"),
        ("draft.txt", "ignored", "a rule of .gitignore"),
        ("again", "folder", "expected one of the files"),
        ("photo.xyz", "unknown format", "no parser reads .xyz"),
        ("nowhere.md", "missing", "there is no such file"),
        ("nowhere.md#b", "missing", "there is no such file"),
    ],
)
def test_each_reason_has_its_name(
    index: Path, notes: Path, file: str, status: str, reason: str
) -> None:
    told = explain(index, notes / file)
    assert told["status"] == status
    assert told["reason"].startswith(reason)


def test_a_file_outside_is_told_apart(index: Path, tmp_path: Path) -> None:
    assert explain(index, tmp_path / "outside.txt")["status"] == "outside"
    assert explain(index, "rows.jsonl#a")["path"] == "rows.jsonl", "as a result cites it"


def test_a_document_is_found_as_it_is_cited_and_as_it_stands_on_disk(
    index: Path, notes: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    searcher = Searcher(Index.open(index), encoder=encoder, config=PLAIN)
    cited = searcher.similar("garden.txt", k=2)
    assert searcher.similar(str(notes / "garden.txt"), k=2) == cited
    monkeypatch.chdir(notes.parent)
    assert searcher.similar("notes/garden.txt", k=2) == cited


def test_a_file_that_is_gone_is_not_said_to_have_changed(
    index: Path, notes: Path, encoder: WordEncoder
) -> None:
    searcher = Searcher(Index.open(index), encoder=encoder, config=PLAIN)
    (notes / "garden.txt").unlink()
    (notes / "bread.md").write_text("Sold out.\n")
    result = searcher.verify(searcher.answer("tomatoes bread", filters=["-type:jsonl"]))
    said = {hit.path: list(map(click.unstyle, doubts(hit, "notes"))) for hit in result.hits}
    assert said["garden.txt"] == [
        "gone since it was indexed: run lepton-index update notes",
        "NOT verified: there is no file to prove it by",
    ]
    assert said["bread.md"] == [
        "changed since it was indexed: run lepton-index update notes",
        "NOT verified: the file does not say so",
    ]


def test_what_left_nothing_is_named(index: Path, encoder: WordEncoder) -> None:
    searcher = Searcher(Index.open(index), encoder=encoder, config=PLAIN)
    none = searcher.answer("bread", filters=["type:pdf"])
    assert not none.hits
    assert none.notes == ("no document passes the filters; leave one out",)
    assert '"noon bread"' in searcher.answer('when is "noon bread" baked').notes[0]
    assert not searcher.answer("bread").notes


def test_a_link_that_leads_nowhere_is_named(
    notes: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    (notes / "broken.txt").symlink_to("nowhere.txt")
    (notes / "about.md").write_text("")
    report = builder.build(notes, tmp_path / "index", encoder=encoder)
    assert [(one.source.path, one.reason) for one in report.skipped] == [
        ("about.md", "empty"),
        ("broken.txt", "a link that leads nowhere"),
    ]


def test_settings_that_cannot_be_are_refused(notes: Path, tmp_path: Path) -> None:
    for config, said in (
        (BuildConfig(recall=7.0), "recall is 7.0, expected a share"),
        (BuildConfig(workers=0), "0 workers"),
        (BuildConfig(include=("*.zzz",)), "no file that --include and --exclude leave"),
    ):
        with pytest.raises(InputError, match=said):
            builder.build(notes, tmp_path / "other", config)
    assert not (tmp_path / "other").exists()
