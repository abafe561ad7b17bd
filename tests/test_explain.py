"""Why a file is not found, and what is said when nothing is: each reason by its own name."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lepton_local.cli.index import main as index_command
from lepton_local.cli.show import doubts
from lepton_local.cli.story import story_lines
from lepton_local.config import BuildConfig, SearchConfig
from lepton_local.corpus.parse import format_of
from lepton_local.errors import InputError, UnreadableError
from lepton_local.indexing import builder
from lepton_local.indexing.explain import explain
from lepton_local.search.searcher import Searcher
from lepton_local.store.index import Index
from lepton_local.types import Source
from tests.conftest import WordEncoder
from tests.parsing import word

PLAIN = SearchConfig(rerank=False, answer=False)
GUIDE = Path(__file__).parent.parent / "corpora" / "guide"


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
    assert none.notes == (
        "no document passes type:pdf; there are jsonl (2), markdown (1), text (1)",
    )
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


def test_the_story_of_a_text_file(tmp_path: Path, encoder: WordEncoder) -> None:
    line = "Le café de la gare sert une très bonne crème brûlée à midi.\n"
    (tmp_path / "café_du_nord.txt").write_text(line, encoding="latin-1")
    os.utime(tmp_path / "café_du_nord.txt", (86_400, 86_400))
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index.path
    told = explain(index, "café_du_nord.txt")
    assert (told["format"], told["encoding"]) == ({"name": "text", "told_by": "suffix"}, "cp1252")
    assert (told["bytes"], told["characters"], told["passages"]) == (60, 60, 1)
    assert (told["modified"], told["generation"]) == ("1970-01-02T00:00:00+00:00", 1)
    (document,) = told["documents"]
    assert (document["title"], document["title_from"]) == ("café du nord", "name")
    assert (document["date"], document["date_from"]) == ("1970-01-02", "file time")
    (passage,) = document["passages"]
    assert (passage["start"], passage["end"], passage["line"]) == (0, 59, 1)


def test_the_story_of_a_pdf_counts_its_pages(tmp_path: Path, encoder: WordEncoder) -> None:
    shutil.copy(GUIDE / "privacy.pdf", tmp_path)
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index.path
    told = explain(index, "privacy.pdf")
    assert (told["format"]["name"], told["encoding"]) == ("pdf", None)
    (document,) = told["documents"]
    pages = int(document["metadata"]["pages"])
    assert document["marks"]["page"] == pages
    assert document["title_from"] == "document"
    said = "\n".join(map(click.unstyle, story_lines(told)))
    assert f"  pages       {pages}\n" in said
    assert said.count("\n    line ") == told["passages"]


def test_the_story_of_many_parts_tells_each_and_what_was_refused(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    with zipfile.ZipFile(tmp_path / "box.zip", "w") as box:
        box.writestr("notes/otter.txt", "Otters hold hands while they sleep.")
        box.writestr("heron.md", "---\ndate: 2020-02-02\n---\n# Heron\n\nIt stands still.\n")
        box.writestr("bad.pdf", "no PDF")
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index.path
    told = explain(index, "box.zip")
    assert (told["status"], told["format"]["name"], told["parts"]) == ("indexed", "zip", 2)
    assert {each["key"]: each["title_from"] for each in told["documents"]} == {
        "heron.md": "document",
        "notes/otter.txt": "name",
    }
    assert [each["path"] for each in told["skipped"]] == ["box.zip#bad.pdf"]
    said = [click.unstyle(line) for line in story_lines(told)]
    assert "  holds       2 documents, 2 passages" in said
    assert "  notes/otter.txt" in said
    assert said[-1].startswith("skipped box.zip#bad.pdf: malformed PDF")
    (one,) = explain(index, "box.zip#heron.md")["documents"]
    assert (one["date"], one["date_from"]) == ("2020-02-02", "document")
    assert explain(index, "box.zip#bad.pdf")["status"] == "skipped"


def test_the_story_of_a_large_table_is_cut_short(tmp_path: Path, encoder: WordEncoder) -> None:
    rows = [f'{{"_id": "{i}", "text": "Otter number {i}."}}' for i in range(50)]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index.path
    told = explain(index, "rows.jsonl")
    assert len(told["documents"]) == 50
    said = [click.unstyle(line) for line in story_lines(told)]
    assert said[-1] == "and 30 documents more: see them with --json"
    assert len(said) < 200


@pytest.mark.parametrize(
    ("name", "form", "told_by"),
    [
        ("a/notes.MD", "markdown", "suffix"),
        ("README", "text", "name"),
        ("Sales.XLSM", "xlsm", "suffix"),
        ("letter.odt", "odt", "suffix"),
        ("talk.odp", "odp", "suffix"),
        ("data.json.gz", "json, compressed", "suffix"),
        ("film.srt", "srt", "suffix"),
        ("notes.txt.gz", "text, compressed", "suffix"),
        ("table.dat", "text", "nothing"),
    ],
)
def test_how_a_format_was_told(name: str, form: str, told_by: str) -> None:
    assert format_of(name) == (form, told_by)


def test_what_has_become_of_an_indexed_file(
    index: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(notes / "bread.md")
    assert explain(index, notes / "bread.md")["status"] == "indexed", "read, and found the same"
    (notes / "bread.md").write_text("Sold out.\n")
    told = explain(index, notes / "bread.md")
    assert (told["status"], told["reason"]) == (
        "stale",
        "the file has changed since it was indexed",
    )
    (notes / "garden.txt").unlink()
    assert explain(index, "garden.txt")["reason"] == "the file is gone"

    def refuse(source: Source) -> None:
        raise UnreadableError("permission denied")

    monkeypatch.setattr("lepton_local.indexing.explain.read", refuse)
    told = explain(index, notes / "rows.jsonl")
    assert told["reason"] == "the file cannot be read now: permission denied"
    assert len(told["documents"]) == 2


def test_a_file_that_may_not_be_read(
    index: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, *_: "bread.md" not in str(path))
    shown = CliRunner().invoke(index_command, ["explain", str(index), str(notes / "bread.md")])
    assert (shown.exit_code, shown.stdout.splitlines()[0]) == (0, "bread.md: indexed")
    lexical = SearchConfig(mode="lexical", rerank=False, answer=False)
    hit = Searcher.open(index, lexical).search("bread")[0]
    (doubt,) = map(click.unstyle, doubts(replace(hit, stale=False, verified=False), "notes"))
    assert doubt == "NOT verified: the file cannot be read now"


def test_a_file_behind_a_link(index: Path, notes: Path) -> None:
    told = explain(index, notes / "again" / "bread.md")
    assert told["reason"] == f"a link leads to it; the file itself is {notes / 'bread.md'}"


def test_what_of_a_document_is_not_read(tmp_path: Path, encoder: WordEncoder) -> None:
    held = io.BytesIO(word())
    with zipfile.ZipFile(held, "a") as archive:
        for name in ("word/media/a.png", "word/media/b.emf", "word/embeddings/c.bin"):
            archive.writestr(name, "x")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.docx").write_bytes(held.getvalue())
    builder.build(folder, tmp_path / "index", encoder=encoder)
    told = explain(tmp_path / "index", folder / "a.docx")
    assert told["documents"][0]["metadata"]["not_read"] == "2 pictures, 1 embedded object"
    assert any("not read" in line for line in story_lines(told))
