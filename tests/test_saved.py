"""An answer as a page: what it shows, that it is ours to write, and that it can be proved."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.saved.pictures import address, digest, pictures_in
from lepton_local.serve.app import app
from lepton_local.serve.live import Live
from tests.pdfs import drawn
from tests.test_cli import complaint, lepton_search

LEASE = "# Lease\n\nThe notice period is three months.\n\nThe rent is 940 euros a month.\n"
HOSTILE = "The otter\u202e code is 815. </script><script>alert(1)</script> <b>bold</b>\n"
PREFACE, MOOR = "All that is known of the moor.", "The moor was drained in the autumn of 1764."
QUESTION = "How long is the notice period?"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index beside its documents."""
    place = tmp_path_factory.mktemp("saved")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text(LEASE, encoding="utf-8")
    (place / "notes" / "otter.txt").write_text(HOSTILE, encoding="utf-8")
    (place / "notes" / "moor.pdf").write_bytes(drawn([[(100, 700, PREFACE)], [(100, 700, MOOR)]]))
    lepton.build(place / "notes", place / "index")
    return place


@pytest.fixture
def folder(built: Path) -> Path:
    """The same, with the documents as they were."""
    (built / "notes" / "lease.md").write_text(LEASE, encoding="utf-8")
    return built


@pytest.fixture
def page(folder: Path, tmp_path: Path) -> Path:
    """A saved answer."""
    told = lepton_search("query", folder / "index", QUESTION, "--html", tmp_path / "a.html")
    assert told.exit_code == 0, told.output
    return tmp_path / "a.html"


def test_it_holds_until_the_document_changes(folder: Path, page: Path) -> None:
    told = lepton_search("verify", page, folder / "index")
    assert told.exit_code == 0, told.output
    assert "holds    answer, lease.md:3" in told.stdout
    lease = folder / "notes" / "lease.md"
    lease.write_text("Preface.\n" + LEASE, encoding="utf-8")
    told = lepton_search("verify", page, folder / "index")
    assert told.exit_code == 1
    assert "its words stand in line 4 now" in told.stdout
    lease.unlink()
    told = lepton_search("verify", page, folder / "index", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["citations"][0]["state"] == "gone"


def test_a_page_that_was_altered_is_told(folder: Path, page: Path) -> None:
    written = page.read_text(encoding="utf-8")
    page.write_text(written.replace("three months</p>", "nine months</p>"), encoding="utf-8")
    told = lepton_search("verify", page, folder / "index")
    assert told.exit_code == 1
    assert "ALTERED" in told.stdout
    page.write_text(written.replace("three months", "nine months"), encoding="utf-8")
    told = lepton_search("verify", page, folder / "index")
    assert told.exit_code == 1
    assert "changed  answer" in told.stdout


def test_documents_are_text_and_places_stay_at_home(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "otter.html"
    lepton_search("query", folder / "index", "What is the otter code?", "--html", page)
    written = page.read_text(encoding="utf-8")
    assert written.count("<script") == written.count("</script>") == 1
    assert "&lt;script&gt;alert(1)" in written
    assert "‹U+202E›" in written
    assert "\u202e" not in written
    assert "http://" not in written
    assert "https://" not in written
    assert str(folder) not in written


def test_only_an_earlier_page_is_written_over(folder: Path, page: Path) -> None:
    assert lepton_search("query", folder / "index", QUESTION, "--html", page).exit_code == 0
    page.write_text("mine", encoding="utf-8")
    told = lepton_search("query", folder / "index", QUESTION, "--html", page)
    assert "is no saved answer" in complaint(told)
    assert page.read_text(encoding="utf-8") == "mine"
    assert "is no answer that was saved" in complaint(
        lepton_search("verify", page, folder / "index")
    )


def test_a_page_of_a_pdf_is_shown_as_it_is_printed_and_drawn_again(
    folder: Path, tmp_path: Path
) -> None:
    page, asked = tmp_path / "moor.html", "When was the moor drained?"
    lepton_search("query", folder / "index", asked, "--html", page)
    written = page.read_text(encoding="utf-8")
    assert 'alt="Page 2 of moor.pdf, with the words marked"' in written
    pictures = pictures_in(written)
    assert 1 <= len(pictures) <= 2  # each page once
    assert all(len(png) < 50_000 for png in pictures.values())
    told = lepton_search("verify", page, folder / "index")
    assert told.exit_code == 0, told.output
    assert "holds    picture of passage 1, moor.pdf, page 2" in told.stdout
    old, png = next(iter(pictures.items()))
    forged = png + b"x"
    page.write_text(written.replace(address(png), address(forged)), encoding="utf-8")
    assert "ALTERED" in lepton_search("verify", page, folder / "index").stdout
    both = written.replace(address(png), address(forged)).replace(old, digest(forged))
    page.write_text(both, encoding="utf-8")
    told = lepton_search("verify", page, folder / "index")
    assert told.exit_code == 1
    assert "changed  picture of passage 1" in told.stdout
    assert "the page looks otherwise" in " ".join(told.stdout.split())


def test_an_answer_that_an_older_version_saved_is_told(folder: Path, page: Path) -> None:
    written = page.read_text(encoding="utf-8").replace('"layout":2', '"layout":1')
    page.write_text(written.replace('"picture":null,', "").replace(',"picture":null', ""), "utf-8")
    told = lepton_search("verify", page, folder / "index")
    assert "NOT compared: another version" in told.stdout


def test_the_page_of_a_server_saves_the_same(folder: Path, tmp_path: Path) -> None:
    with TestClient(app(Live([folder / "index"]), cores=1)) as on:
        page = on.get("/", params={"q": QUESTION}).text
        (link,) = re.findall(r'href="(/save[^"]*)" download', page)
        told = on.get(html.unescape(link))
    assert told.headers["content-disposition"] == 'attachment; filename="answer.html"'
    (tmp_path / "answer.html").write_bytes(told.content)
    assert lepton_search("verify", tmp_path / "answer.html", folder / "index").exit_code == 0
