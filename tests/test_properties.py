"""Titles, authors and dates that documents state, and the ones that programs fill in."""

from __future__ import annotations

import datetime
import io
import zipfile

import docx
import pytest

from lepton_local.corpus.formats.properties import properties
from lepton_local.corpus.formats.unzip import open_zip, read_member
from lepton_local.errors import SourceError
from tests.archives import zipped
from tests.office import odf
from tests.parsing import document, marked, pdf, word

LINKED = """<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "Site"},
{"@type": "Article", "datePublished": "2024-02-29T10:00:00Z", "author": [{"name": "Ada"}, "Bo"]}]}
</script>"""


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ('<meta name="author" content="Ada"><meta name="date" content="2024-02-29">', "", True),
        ('<meta property="article:published_time" content="2024-02-29T10:00+01:00">', "", False),
        ('<meta name="pubdate" content="soon"><meta name="date" content="29 Feb 2024">', "", False),
        (LINKED.replace(', "Bo"', ""), "", True),
        ("", "<time datetime='2024-02-29'>then</time><time datetime='x'>now</time>", False),
        (
            "",
            "<time datetime='2020-01-01'>a</time>"
            "<time itemprop='datePublished' datetime='2024-02-29'>b</time>",
            False,
        ),
        ('<meta itemprop="dateModified" content="2024-02-29">', "", False),
    ],
)
def test_html(head: str, body: str, expected: bool) -> None:
    page = f"<head>{head}</head><body><p>Words</p>{body}</body>"
    found = document("a.html", page)
    assert found.metadata == {"date": "2024-02-29"} | ({"author": "Ada"} if expected else {})


@pytest.mark.parametrize(
    "page",
    [
        "<p>Words</p><time datetime='2024-02-29'>a</time><time datetime='2024-03-01'>b</time>",
        '<meta name="author" content="https://example.org/ada"><p>Words</p>',
        '<script type="application/ld+json">{"datePublished": [</script><p>Words</p>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script><p>Words</p>",
        '<script type="application/ld+json">[{"author": 1, "datePublished": {}}]</script><p>Words',
    ],
)
def test_html_that_does_not_say(page: str) -> None:
    assert document("a.html", page).metadata == {}


def test_xhtml_closes_elements_as_they_open() -> None:
    page = (
        '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head>'
        '<title/><script src="a.js" /></head><body><h2 id="a"/><p>One<br/>two</p></body></html>'
    )
    assert document("a.xhtml", page).text == "One\ntwo"


def test_pdf() -> None:
    data = pdf([[(10, "Words.")]], title="A").replace(
        b"/Title (A)", b"/Author (Ada Lovelace) /Title (A)"
    )
    assert document("a.pdf", data).metadata["author"] == "Ada Lovelace"


def test_docx() -> None:
    assert document("a.docx", word()).metadata == {}  # the template's author and dates
    made = docx.Document(io.BytesIO(word()))
    made.core_properties.author = "Ada; Bo"
    made.core_properties.created = datetime.datetime(2023, 5, 1)
    out = io.BytesIO()
    made.save(out)
    assert document("a.docx", out.getvalue()).metadata == {
        "author": "Ada, Bo",
        "date": "2023-05-01",
    }


def test_damaged_properties_cost_no_text() -> None:
    data = odf("<office:text><text:p>Words</text:p></office:text>", meta="<broken>")
    found = document("a.odt", data)
    assert (found.text, found.metadata) == ("Words", {})


def test_docx_with_a_table_in_a_table() -> None:
    made = docx.Document()
    outer = made.add_table(1, 2)
    outer.cell(0, 0).text = "a"
    inner = outer.cell(0, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "b", "c"
    out = io.BytesIO()
    made.save(out)
    found = document("a.docx", out.getvalue())
    assert (found.text, marked(found)) == ("a | b c", [])


@pytest.mark.parametrize("title", ["Untitled 1", "Presentation1", "thesis.docx", "- 1 -", ""])
def test_titles_of_programs(title: str) -> None:
    assert properties(title).title == ""


def test_the_author_of_a_template_wrote_no_document() -> None:
    """LibreOffice makes an author of whoever changed a presentation of python-pptx last."""
    name, day = "<dc:creator>Steve Canny</dc:creator>", "<meta:creation-date>{}T09:14:16"
    told = {}
    for date in ("2013-01-27", "2024-02-29"):
        meta = f"{name}{day.format(date)}</meta:creation-date>"
        text = "<office:text><text:p>Words</text:p></office:text>"
        told[date] = document("a.odp", odf(text, meta=meta)).metadata
    assert told["2013-01-27"] == {}
    assert told["2024-02-29"] == {"author": "Steve Canny", "date": "2024-02-29"}, "he did write it"


def test_zip_files_that_unpack_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"a": bytes(40 << 20)})
    with pytest.raises(SourceError, match=r"unpacks to 41,943,040 bytes, expected at most 33,554"):
        open_zip(bomb)
    monkeypatch.setattr("lepton_local.corpus.formats.unzip._HARMLESS", 64 << 20)
    with open_zip(bomb) as archive, pytest.raises(SourceError, match="expected 1,000"):
        read_member(archive, "a", 1000)
    monkeypatch.setattr("lepton_local.corpus.formats.unzip._UNPACKED", 1 << 20)
    with pytest.raises(SourceError, match="expected at most 1,048,576"):
        open_zip(bomb)


def test_a_member_larger_than_the_directory_says() -> None:
    data = bytearray(zipped({"a": b"x" * 5000}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    with open_zip(bytes(data)) as archive, pytest.raises(SourceError, match="cannot be unpacked"):
        read_member(archive, "a")


def test_members_that_cannot_be_read() -> None:
    data = bytearray(zipped({"a": b"words" * 99}))
    locked = bytearray(data)
    locked[data.index(b"PK\x01\x02") + 8] |= 1
    with open_zip(bytes(locked)) as archive, pytest.raises(SourceError, match="encrypted: 'a'"):
        read_member(archive, "a")
    data[data.index(b"PK\x01\x02") + 16] ^= 1  # of the checksum
    with open_zip(bytes(data)) as archive, pytest.raises(SourceError, match="malformed: 'a'"):
        read_member(archive, "a")
    with zipfile.ZipFile(io.BytesIO(data)) as archive, pytest.raises(SourceError, match="no 'b'"):
        read_member(archive, "b")
