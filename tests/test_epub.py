"""EPUB: chapters in their order under the levels of the table of contents."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

from collections.abc import Mapping

import pytest

from lepton_local.errors import SourceError
from lepton_local.types import Document
from tests.archives import zipped
from tests.office import passages, place
from tests.parsing import document, documents, marked, refused

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
FIELDS = (
    "<dc:title>The Otter Book</dc:title><dc:creator>Ada Lovelace</dc:creator>"
    '<dc:creator>Bo</dc:creator><dc:date opf:event="modification">2024-02-29</dc:date>'
    '<dc:date opf:event="publication">1998</dc:date>'
)
PAGES = {
    "cover": "<p><img src='c.png'/></p>",
    "nav": "<nav epub:type='toc'><ol><li><a href='part%20one.xhtml'>Part One</a><ol>"
    "<li><a href='two.xhtml#x'>The <i>River</i></a></li></ol></li>"
    "<li><a href='three.xhtml'>第三章</a></li></ol></nav>",
    "part one": "<header><h2>Part One</h2></header><h1>A motto</h1><p>Otters&nbsp;sleep.</p>",
    "two": "<a id='x'/><p>Where the river bends.</p><h3>Bend</h3><p>It bends.</p>",
    "more": "<p>The chapter goes on.</p>",
    "three": "<h4>第三章</h4><p>水獭在河里睡觉。</p><div><p dir='rtl'>هذا نص</p></div>",
}
NCX = (
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Part One'
    '</text></navLabel><content src="part%20one.xhtml"/><navPoint><navLabel><text>The River</text>'
    '</navLabel><content src="two.xhtml#x"/></navPoint></navPoint><navPoint><navLabel><text>第三章'
    '</text></navLabel><content src="three.xhtml"/></navPoint></navMap></ncx>'
)


def members(*, old: bool = False, fields: str = FIELDS) -> dict[str, str | bytes]:
    """A book; `old` makes it one of EPUB 2."""
    items = "".join(
        f'<item id="{number}" href="{name.replace(" ", "%20")}.xhtml" '
        f'properties="{name if name == "nav" and not old else ""}" '
        'media-type="application/xhtml+xml"/>'
        for number, name in enumerate(PAGES)
    )
    spine = "".join(f'<itemref idref="{number}"/>' for number in range(len(PAGES)))
    guide = '<guide><reference type="toc" href="nav.xhtml#top"/></guide>'
    made: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="o" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{fields}</metadata><manifest>'
        '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        f"{items}</manifest><spine>{spine}</spine>{guide if old else ''}</package>",
        "OEBPS/toc.ncx": NCX,
    }
    for name, body in PAGES.items():
        made[f"OEBPS/{name}.xhtml"] = (
            '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" '
            'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/><script src="a.js"/></head>'
            f"<body>{body}</body></html>"
        )
    return made


def book(made: Mapping[str, str | bytes]) -> Document:
    return document("a_book.epub", zipped(made))


@pytest.mark.parametrize("old", [True, False])
def test_epub(old: bool) -> None:
    found = book(members(old=old))
    assert found.text == (
        "Part One\n\nA motto\n\nOtters sleep.\n\nWhere the river bends.\n\nBend\n\nIt bends.\n\n"
        "The chapter goes on.\n\n第三章\n\n水獭在河里睡觉。\n\nهذا نص"
    )
    assert marked(found) == [
        ("# Part One", "Part One"),
        ("## A motto", "A motto"),
        ("## The River", "Where the river bends."),
        ("### Bend", "Bend"),
        ("# 第三章", "第三章"),
    ]
    assert (found.title, found.titled) == ("The Otter Book", True)
    assert found.metadata == {"author": "Ada Lovelace, Bo", "date": "1998-01-01"}
    assert place(found, "Otters sleep") == "## A motto"
    assert place(found, "river bends") == "## The River"
    assert place(found, "水獭") == "# 第三章"
    assert passages(found, tokens=12)[-1].heading == "The Otter Book > 第三章"


def test_a_book_that_says_nothing_of_itself() -> None:
    fields = (
        "<dc:title/><dc:creator>Unknown</dc:creator><dc:date>0101-01-01T00:00:00+00:00</dc:date>"
    )
    found = book(members(fields=fields))
    assert (found.title, found.titled, found.metadata) == ("a book", False, {})


def test_fonts_may_be_encrypted_but_not_chapters() -> None:
    listed = '<encryption><x><CipherReference URI="OEBPS/{}"/></x></encryption>'
    made = members()
    made["META-INF/encryption.xml"] = listed.format("font.otf")
    assert "Otters" in book(made).text
    made["META-INF/encryption.xml"] = listed.format("part%20one.xhtml")
    with pytest.raises(SourceError, match=r"encrypted: 'OEBPS/part one\.xhtml'"):
        book(made)


def test_entities_are_not_expanded() -> None:
    made = members()
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    made["OEBPS/two.xhtml"] = f"{bomb}<html><body><p>b&a;&f;c</p></body></html>"
    found = book(made)
    assert "b" in found.text
    assert "root:" not in found.text


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("META-INF/container.xml", None, "no 'META-INF/container.xml'"),
        ("META-INF/container.xml", "<container/>", "names no package"),
        ("META-INF/container.xml", "<container>", "not XML"),
        ("OEBPS/book.opf", None, r"no 'OEBPS/book\.opf'"),
        ("OEBPS/book.opf", "<package/>", "no text"),
    ],
)
def test_damaged_books(name: str, data: str | None, reason: str) -> None:
    made = members()
    del made[name]
    with pytest.raises(SourceError, match=reason):
        documents("a.epub", zipped(made | ({name: data} if data is not None else {})))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [("gone", "no 'OEBPS/two.xhtml' in it"), ("flipped", "cannot be unpacked")],
)
def test_a_damaged_chapter_costs_itself_alone(damage: str, reason: str) -> None:
    made = members()
    del made["OEBPS/more.xhtml"]
    if damage == "gone":
        del made["OEBPS/two.xhtml"]
    data = bytearray(zipped(made))
    if damage == "flipped":
        data[data.index(b"OEBPS/two.xhtml") + 40] ^= 255
    told = refused("a_book.epub", bytes(data))
    assert list(told) == ["a_book.epub#OEBPS/two.xhtml", "a_book.epub#OEBPS/more.xhtml"]
    assert reason in told["a_book.epub#OEBPS/two.xhtml"]
    found = document("a_book.epub", bytes(data))
    assert found.text == (
        "Part One\n\nA motto\n\nOtters sleep.\n\n第三章\n\n水獭在河里睡觉。\n\nهذا نص"
    )
    assert marked(found)[-1] == ("# 第三章", "第三章")


def test_a_damaged_table_of_contents() -> None:
    found = book(members(old=True) | {"OEBPS/toc.ncx": "<ncx>"})
    assert marked(found)[:2] == [("## Part One", "Part One"), ("# A motto", "A motto")]


def test_a_book_that_was_cut() -> None:
    with pytest.raises(SourceError, match="not a zip"):
        documents("a.epub", zipped(members())[:-30])
