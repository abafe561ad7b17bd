"""JSON Lines, CSV and TSV: a document a row; dates as people write them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.isolate import parse_source
from lepton_local.errors import SourceError
from lepton_local.types import Source
from tests.parsing import document, documents


def test_jsonl() -> None:
    lines = [
        '{"_id": "d1", "title": "One", "text": "First\\u2028words", "year": 1998, "tags": ["a"]}',
        "",
        '{"id": 7, "contents": "Second", "date": "3 May 2024"}',
        '{"body": "Third \\ud800", "date": "soon"}',
        '{"_id": "t", "title": "Title alone", "text": ""}',
        '{"_id": "d1", "text": "A second d1"}',
        '{"name": "no text", "size": 3, "none": null}',
    ]
    found = documents("c.jsonl", "\r\n".join(lines))
    assert [(item.id, item.title, item.titled, item.text) for item in found] == [
        ("c.jsonl#d1", "One", True, "First\u2028words\n\nyear: 1998\ntags: a"),
        ("c.jsonl#7", "c", False, "Second\n\ndate: 3 May 2024"),
        ("c.jsonl#4", "c", False, "Third \ufffd\n\ndate: soon"),
        ("c.jsonl#t", "Title alone", False, "Title alone"),
        ("c.jsonl#d1@6", "c", False, "A second d1"),
        ("c.jsonl#7@7", "c", False, "name: no text\nsize: 3"),
    ]
    assert [dict(item.metadata) for item in found[:3]] == [
        {"year": "1998", "tags": '["a"]'},
        {"date": "2024-05-03"},
        {"date_text": "soon"},
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"text": "a"}\n{"text": ', "line 2: not JSON"),
        ('{"text": "a"}\n\n["b"]', "line 3: list, expected an object"),
        ("[" * 100_000, "line 1: not JSON"),
        ("\n\n", "empty"),
        ('{"text": ""}', "no text"),
    ],
)
def test_malformed_jsonl(text: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        documents("c.jsonl", text)


def test_csv() -> None:
    text = 'ID,Title,Text,Date\nx,One,"Two\nlines, here",2020-01-02\n\n,,"just ""text""",\n'
    found = documents("c.csv", "\ufeff" + text)
    assert [(item.id, item.title, item.text) for item in found] == [
        ("c.csv#x", "One", "Two\nlines, here\n\nDate: 2020-01-02"),
        ("c.csv#2", "c", 'just "text"'),
    ]
    assert dict(found[0].metadata) == {"date": "2020-01-02"}


def test_csv_without_a_text_column() -> None:
    assert document("c.csv", "name;size\nbolt;3\n").text == "name: bolt\nsize: 3"
    assert document("c.tsv", "name\tsize\nbolt, long\t3\n").text == "name: bolt, long\nsize: 3"
    with pytest.raises(SourceError, match="no text"):
        documents("c.csv", "name,size\n")


def test_a_long_cell_is_read_and_the_limit_of_this_process_stays(tmp_path: Path) -> None:
    before, long = csv.field_size_limit(), "x" * 200_000
    (tmp_path / "c.csv").write_text(f"text\n{long}\n")
    (found,) = parse_source(Source(str(tmp_path), "c.csv", 1, 1)).documents
    assert found.text == long
    assert csv.field_size_limit() == before == 131_072


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(
            ("2026-01-31", "2026-01-31"),
            ("2026-01-31T23:59:00Z", "2026-01-31"),
            ("1998", "1998-01-01"),
        ),
        *(
            ("31.1.2026", "2026-01-31"),
            ("January 31, 2026", "2026-01-31"),
            ("D:2026", "2026-01-01"),
        ),
        *(
            ("Sat, 31 Jan 2026 10:00:00 +0100", "2026-01-31"),
            ("soon", ""),
            ("", ""),
            ("99/99/99", ""),
        ),
    ],
)
def test_dates(text: str, day: str) -> None:
    assert iso_date(text) == day


def test_a_csv_of_odd_columns() -> None:
    """Columns without a name or of the same name, and rows that are too long or too short."""
    found = documents("c.csv", "colA,colB,colB,\n1,2,3,4,5\n6\n")
    assert [(item.id, item.text) for item in found] == [
        ("c.csv#1", "colA: 1\ncolB: 2\ncolumn 3: 3\ncolumn 4: 4\ncolumn 5: 5"),
        ("c.csv#2", "colA: 6"),
    ]
    (row,) = documents("c.jsonl", '{"": "unnamed", "text": "words"}')
    assert (row.title, row.text) == ("c", "words")
