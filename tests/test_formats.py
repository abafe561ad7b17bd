"""HTML, PDF and DOCX: readable canonical text, with marks where people cite."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsmap, qn
from docx.oxml.parser import OxmlElement, parse_xml

from lepton_local.corpus.formats.layout import Line
from lepton_local.corpus.formats.reflow import write_pages
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from tests.parsing import document, documents, left_out, marked, pdf, word

# HTML.

PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Install — The Site</title>
<meta name="date" content="2025-03-01T10:00:00Z"><style>p {}</style></head><body>
<nav>Menu</nav><header><a href="/">Logo</a></header><div hidden>Secret</div>
<h1>Install<a class="headerlink" href="#i">¶</a></h1><script>alert("no")</script>
<p>Some <b>bold</b>
 words,&nbsp;soft\u00adware &amp; more.<br>Next line</p>
<h2>A list</h2><ul><li>one</li><li><p>two</p><ol start="3"><li>deep</li></ol></li><li></li></ul>
<table><tr><th>Name</th><th>Size</th></tr><tr><td>a</td><td><p>1</p><p>2</p></td></tr>
<tr><td></td><td>x</td></tr></table>
<pre>
def f():
    return  1
</pre><p>End<!-- no --></p><footer>Imprint</footer></body></html>"""


def test_html() -> None:
    found = document("a.html", PAGE)
    assert found.text == (
        "Install\n\nSome bold words, software & more.\nNext line\n\nA list\n\n"
        "- one\n- two\n  3. deep"
        "\n\nName | Size\nName: a | Size: 1 2\n| Size: x\n\ndef f():\n    return  1\n\nEnd"
    )
    assert (found.title, found.titled, found.exact) == ("Install", True, False)
    assert marked(found) == [("# Install", "Install"), ("## A list", "A list")]
    assert found.metadata == {"date": "2025-03-01"}


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("<tr><th>a:<th>b<tr><th>c<td>d", "a: | b\na: c | b: d"),
        ("<tr><td>a<td>b<tr><td>c<td>d", "a | b\nc | d"),
        ("<tr><th>a<th>b<tr><td>c<td>d<td>e<tr><td>f<td>g", "a | b\nc | d | e\na: f | b: g"),
        ("<thead><tr><th>a<th>b<tr><th>c<th>d<tbody><tr><td>e<td>f", "a | b\nc | d\na: e | b: f"),
        ("<tr><th><th>b<tr><td style='display: none'>c<td>d<tr><td>e<td>", "| b\n| b: d\ne"),
    ],
)
def test_rows_of_a_html_table_say_the_names_of_its_columns(table: str, lines: str) -> None:
    found = document("a.html", f"<p>Words.</p><table>{table}</table>")
    assert found.text == f"Words.\n\n{lines}"
    assert left_out(found) == ""


def test_rows_of_a_word_table_say_the_names_of_its_columns() -> None:
    made = docx.Document()
    table = made.add_table(3, 2)
    for row, cells in zip(
        table.rows, [["River", "Otters"], ["Tamar", "7"], ["", "4"]], strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text

    def read() -> str:
        out = io.BytesIO()
        made.save(out)
        return document("a.docx", out.getvalue()).text

    named = "River | Otters\nRiver: Tamar | Otters: 7\nOtters: 4"
    assert read() == named, "the first row is set apart, and figures are below it"
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    for name in list(look.attrib):
        del look.attrib[name]
    assert read() == "River | Otters\nTamar | 7\n4"
    look.set(qn("w:val"), "0020")
    assert read() == named
    look.set(qn("w:firstRow"), "0")
    assert read() == "River | Otters\nTamar | 7\n4"
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    assert read() == named


def test_html_takes_the_main_part() -> None:
    text = "The words that matter are these, and they are many more than those beside them. "
    page = f"<body><div>Aside</div><main><p>{text}</p></main><div>Below</div></body>"
    assert document("a.html", page).text == text.strip()
    assert "Aside" in document("a.html", page.replace(text, "x")).text


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Page | Site", "Page", "Page"),
        ("Page", "Welcome", "Page"),
        ("", "Welcome", "Welcome"),
        ("", "", "file"),
    ],
)
def test_html_titles(title: str, heading: str, expected: str) -> None:
    page = f"<title>{title}</title><h1>{heading}</h1><p>Words</p>"
    assert document("file.htm", page).title == expected


def test_html_entries_of_a_reference() -> None:
    page = (
        '<h2>Functions</h2><dl class="py function"><dt class="sig" id="json.dumps">dumps(obj)</dt>'
        "<dd><p>Dumps.</p>"
        '<dl class="py method"><dt class="sig" id="json.x.y">y()</dt><dd>Y.</dd></dl>'
        "<p>Still dumps.</p></dd></dl>"
        '<dl class="py function"><dt class="sig" id="json.load">load()</dt>'
        "<dd>Loads.</dd></dl><p>After all.</p>"
    )
    assert marked(document("a.html", page)) == [
        ("## Functions", "Functions"),
        ("function json.dumps", "dumps(obj)"),
        ("method json.x.y", "y()"),
        ("function json.dumps", "Still dumps."),
        ("function json.load", "load()"),
        ("## Functions", "After all."),
    ]


def test_html_terms_are_marks_and_no_headings() -> None:
    page = (
        "<h1>Config</h1><dl><dt>core.autocrlf</dt><dd>Line ends.<dl><dt>true<dd>On.</dl>More.</dd>"
        "<dt>core.editor</dt><dd>Edits.</dd><dt>Which one?</dt><dd>Vi.</dd><dt>class X</dt></dl>"
        '<p>After all.</p><dl class="py function"><dt class="sig" id="f">f()</dt><dd>F.'
        "<dl><dt>Parameters</dt><dd>none</dd></dl></dd></dl>"
    )
    assert marked(document("a.html", page)) == [
        ("# Config", "Config"),
        ("core.autocrlf", "core.autocrlf"),
        ("true", "true"),
        ("core.autocrlf", "More."),
        ("core.editor", "core.editor"),
        ("## Which one?", "Which one?"),
        ("# Config", "class X"),
        ("function f", "f()"),
    ]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("iso-8859-1", "cp1252"), ("gb2312", "gb18030"), ("utf-8", "utf-8"), ("nonsense", "utf-8")],
)
def test_html_encodings(declared: str, encoding: str) -> None:
    words = "汉字" if encoding == "gb18030" else "“Käse”"
    page = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}"><p>{words}'
    assert document("a.html", page.encode(encoding)).text == words


def test_html_made_to_break_parsers() -> None:
    assert document("a.html", "<div>" * 2000 + "deep").text == "deep"
    with pytest.raises(SourceError, match="deeper than a parser goes"):
        documents("a.html", "<div>" * 50_000 + "deep")
    assert document("a.html", "<p>one<p>two</b></table>three").text == "one\n\ntwothree"
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><p>&b; <a href="file:///etc/passwd">x'
    )
    assert "aaaa" not in document("a.xhtml", bomb).text
    with pytest.raises(SourceError, match="no text"):
        documents("a.html", "<html><script>1</script></html>")


# PDF.

BODY = [
    (10, "This paragraph is long enough to be wrapped by a type-"),
    (10, "setter, who breaks words at line ends. A typesetter is a"),
    (10, "person who works with well-known types, and with well-"),
    (10, "known words."),
]


def test_pdf() -> None:
    pages = [
        [
            (8, "The Journal 1"),
            (24, "A Large Title"),
            (24, "In Two Lines"),
            (14, "1 Introduction"),
            *BODY,
        ],
        [
            (8, "The Journal 2"),
            (10, "A page that goes on with a sentence that is"),
            (14, "1.1 Details"),
        ],
        [(8, "The Journal 3"), (10, "not ended here. The end.")],
    ]
    found = document("a.pdf", pdf(pages, title="untitled"))
    assert found.text == (
        "The Journal 1\n\nA Large Title In Two Lines\n\n1 Introduction\n\n"
        "This paragraph is long enough to be wrapped by a typesetter, who breaks words at line "
        "ends. "
        "A typesetter is a person who works with well-known types, and with well-known words.\n\n"
        "A page that goes on with a sentence that is\n\n1.1 Details\n\nnot ended here. The end."
    )
    assert (found.title, found.titled) == ("A Large Title In Two Lines", True)
    assert marked(found) == [
        ("page 1", "The Journal 1"),
        ("## A Large Title In Two Lines", "A Large Title In Two Lines"),
        ("page 1", "A Large Title In Two Lines"),
        ("## 1 Introduction", "1 Introduction"),
        ("page 1", "1 Introduction"),
        ("page 2", "A page that goes on with a sentence that is"),
        ("### 1.1 Details", "1.1 Details"),
        ("page 2", "1.1 Details"),
        ("page 3", "not ended here. The end."),
    ]
    assert found.metadata == {"date": "2024-02-29", "pages": "3"}


def test_pdf_titles() -> None:
    assert document("a.pdf", pdf([[(10, "Words.")]], title="A Fine Title")).title == "A Fine Title"
    assert document("a_b.pdf", pdf([[(10, "Words.")]], title="thesis-final.docx")).title == "a b"


def test_pdf_sentences_go_on_over_pages() -> None:
    pages = [[(10, "The sentence begins on one page")], [(10, "and ends on the next.")]]
    assert (
        document("a.pdf", pdf(pages)).text
        == "The sentence begins on one page and ends on the next."
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["an ex-", "ample of it"], "an example of it"),
        (["an ex\u2010", "ample of it"], "an example of it"),
        (["an ex\u00ad", "ample of it"], "an example of it"),
        (["soft\u00adware and ex\ufffeample"], "software and example"),
        (["well-known, and well-", "known too"], "well-known, and well-known too"),
        (["the first Nobel-", "Prize that was given"], "the first Nobel-Prize that was given"),
        (["pages 12-", "15 of it all"], "pages 12-15 of it all"),
        (["e\ufb03cient \ufb01les, \ufb02oors"], "efficient files, floors"),
        (["Schr¨odinger, Poincar´e, Erd˝os, na¨ıve, ˇSkoda, Fran¸cois, fac¸ade, Rockt ¨ aschel"],
         "Schrödinger, Poincaré, Erdős, naïve, Škoda, François, façade, Rocktäschel"),
        (["a decomposed cafe\u0301"], "a decomposed café"),
        (["where x˜ is near, and ˆ for p(˜x) ´"], "where x˜ is near, and ˆ for p(˜x) ´"),
    ],
)  # fmt: skip
def test_words_that_print_takes_apart_are_joined(lines: list[str], expected: str) -> None:
    writer = Writer()
    page = [Line(line, 10.0, False) for line in lines]
    write_pages([page], [[0] * len(page)], writer)
    assert writer.text() == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([[]]), "no text in this PDF"),
        (pdf([[(10, "Secret.")]], encrypted=True), "encrypted"),
        (b"not a PDF", "malformed PDF"),
        (pdf([[(10, "Words.")]])[:120], "malformed PDF"),
    ],
)
def test_pdf_without_text(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        documents("a.pdf", data)


# DOCX.


def test_docx() -> None:
    found = document("a.docx", word())
    assert found.text == (
        "The Guide\n\nInstall\n\nFirst words. Then more.\n\n- one\n- two\n\n"
        "a | b\nc d\n\nUse\n\nLast words."
    )
    assert marked(found) == [
        ("# The Guide", "The Guide"),
        ("# Install", "Install"),
        ("## Use", "Use"),
    ]
    assert (found.title, found.titled) == ("The Guide", True)


def test_what_word_keeps_beside_plain_runs() -> None:
    """Footnotes in a file of their own, hyphens and formulas as elements, words that were moved."""
    made = docx.Document()
    run = "<w:r xmlns:w='{}'>{{}}</w:r>".format(nsmap["w"])
    maths = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    paragraph = made.add_paragraph("Bees")._p
    for piece in (
        "<w:footnoteReference w:id='2'/>",
        "<w:t xml:space='preserve'> e</w:t><w:noBreakHyphen/><w:t>mail</w:t>",
        f"<m:oMath xmlns:m='{maths}'><m:r><m:t>x+1</m:t></m:r></m:oMath>",
        "<w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>",
    ):
        paragraph.append(parse_xml(run.format(piece)))
    made.add_paragraph("The end.")
    notes = "".join(
        f"<w:footnote w:id='{number}'><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:footnote>"
        for number, words in ((1, "No reference."), (2, "See Winston."))
    )
    data = f"<w:footnotes xmlns:w='{nsmap['w']}'>{notes}</w:footnotes>".encode()
    part = Part(PackURI("/word/footnotes.xml"), "application/xml", data, made.part.package)
    made.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    out = io.BytesIO()
    made.save(out)
    text = document("a.docx", out.getvalue()).text
    assert text == "Bees e-mailx+1\n\nSee Winston.\n\nThe end."


def test_docx_that_is_none() -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "x")
    for data, reason in [
        (b"PK but no zip", "not a zip"),
        (other.getvalue(), "malformed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "encrypted"),
        (word()[:2000], "not a zip"),
    ]:
        with pytest.raises(SourceError, match=reason):
            documents("a.docx", data)


def test_docx_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_local.corpus.formats.unzip._UNPACKED", 1000)
    with pytest.raises(SourceError, match="unpacks to"):
        documents("a.docx", word())


LINKS = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("Home", "News", "Shop"))
STORY = "<p>The ferry to Kjelvik leaves from pier nine at noon, <a href=x>each day</a>.</p>"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (f"<div><ul>{LINKS}</ul></div>{STORY}", "The ferry to Kjelvik"),
        (f"<ul>{LINKS}</ul>", "- Home\n- News\n- Shop"),
        (f"<main>{STORY}<ul>{LINKS}</ul></main><p>Below.", "The ferry to Kjelvik"),
        (f"{STORY}<ul>{LINKS.replace('</a>', '</a>: what is new on the quays')}</ul>", "The ferry"),
    ],
)
def test_blocks_of_links_are_menus_unless_the_page_is_made_of_them(page: str, text: str) -> None:
    found = document("a.html", f"<html><body>{page}</body></html>".encode())
    assert found.text.startswith(text)
    menu = "<div><ul>" in page
    assert ("Shop" in found.text) != menu


def test_links_of_a_message_are_what_it_says() -> None:
    data = f"Subject: Links\nContent-Type: text/html\n\n{STORY}<ul>{LINKS}</ul>".encode()
    assert "- Shop" in document("a.eml", data).text


@pytest.mark.parametrize(
    "page",
    [
        '<button class="accordion">Where?</button><div style="display:none">At the quay.</div>',
        "<h2><button data-bs-target='#a'>Where?</button></h2><div id=a hidden>At the quay.</div>",
        "<dl><dt><button aria-controls=a>Where?</button><dd id=a hidden>At the quay.</dl>",
    ],
)
def test_html_gives_what_a_click_opens(page: str) -> None:
    text = document("a.html", f"<p>Ferry</p>{page}<button>Send</button>".encode()).text
    assert text.split() == ["Ferry", "Where?", "At", "the", "quay."]


def test_html_keeps_boxes_apart() -> None:
    boxes = "<label>A</label><input type=checkbox><label>B</label><input type=checkbox checked>C"
    assert document("a.html", f"<p>{boxes}</p>".encode()).text == "A B [x] C"
