"""An answer as a page: what it shows, that it is ours to write, and that it can be proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lepton_local as lepton
from tests.test_cli import complaint, lepton_search

LEASE = "# Lease\n\nThe notice period is three months.\n\nThe rent is 940 euros a month.\n"
HOSTILE = "The otter\u202e code is 815. </script><script>alert(1)</script> <b>bold</b>\n"
QUESTION = "How long is the notice period?"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index beside its documents."""
    place = tmp_path_factory.mktemp("saved")
    (place / "notes").mkdir()
    (place / "notes" / "lease.md").write_text(LEASE, encoding="utf-8")
    (place / "notes" / "otter.txt").write_text(HOSTILE, encoding="utf-8")
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
