"""Names and heads of files: words and days in them, and what is no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_local.config import SearchConfig
from lepton_local.corpus.dates import day_in_name
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.parsing import document, left_out

PLAIN = SearchConfig(mode="lexical", rerank=False, answer=False)
HEAD = "---\ntitle: The bridge\ndate: 2024-03-01\ntags: [river, stone]\n---\n"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2026-01-02.md", "2026-01-02"),
        ("a/Protokoll 3.2.2026.pdf", "2026-02-03"),
        ("IMG_20260131_112233.jpg", "2026-01-31"),
        ("box.zip#minutes/2026_01_02.txt", "2026-01-02"),
        ("2026-01-02 to 2026-01-05.md", ""),
        ("2026-13-02.md", ""),
        ("12.31.2026.md", ""),
        ("report 2026.md", ""),
        ("2026-01-02/notes.md", ""),
        ("120260102.md", ""),
    ],
)
def test_days_in_names(name: str, day: str) -> None:
    assert day_in_name(name) == day


@pytest.fixture
def searcher(tmp_path: Path, encoder: WordEncoder) -> Searcher:
    files = {
        "zebrawood-report.md": "# Summary\n\nIt was dry.",
        "clients/hollandaise/notes.md": "# Call\n\nThey agree.",
        "2026-01-02.md": "# Daily note\n\nRain.",
        "2025-12-30.md": "# Daily note\n\nSnow.",
        "bridge.md": f"{HEAD}# Bridge\n\nIt was built of stone.",
        "only-a-head.md": HEAD.replace("bridge", "ferry").replace("stone", "moss"),
    }
    for name, text in files.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = builder.build(tmp_path / "docs", tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=PLAIN)


def found(searcher: Searcher, question: str, *filters: str) -> list[str]:
    return [hit.path for hit in searcher.search(question, filters=filters)]


def test_names_of_files_and_folders_are_words(searcher: Searcher) -> None:
    assert found(searcher, "zebrawood") == ["zebrawood-report.md"]
    assert found(searcher, "hollandaise") == ["clients/hollandaise/notes.md"]


def test_a_day_in_a_name_is_that_of_a_document_without_one(searcher: Searcher) -> None:
    assert found(searcher, "daily note", "after:2026-01-01", "before:2026-02-01") == [
        "2026-01-02.md"
    ]
    assert found(searcher, "stone", "before:2024-03-02") == ["bridge.md"]


def test_the_head_of_a_file_is_no_text(searcher: Searcher) -> None:
    (hit,) = searcher.search("bridge built", k=1)
    assert hit.passage.text == "# Bridge\n\nIt was built of stone."
    assert found(searcher, "stone", "tag:river") == ["bridge.md"]
    assert found(searcher, "stone", "-tag:river") == []
    assert found(searcher, "ferry") == ["only-a-head.md"]
    whole = document("a.md", f"{HEAD}# Bridge\n\nStone.")
    assert (whole.text.startswith("---"), whole.exact) == (True, True)
    assert left_out(whole) == "".join(HEAD.split())
