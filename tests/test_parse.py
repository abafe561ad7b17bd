"""Parsing: the canonical text and the marks of each format, and the reason when there are none."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.corpus.dates import iso_date
from lepton_local.corpus.parse import PARSERS, knows, parse
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source


def documents(path: str, data: bytes | str) -> list[Document]:
    source = Source("/root", path, 1, 1)
    return list(parse(source, data.encode() if isinstance(data, str) else data))


def document(path: str, data: bytes | str) -> Document:
    (only,) = documents(path, data)
    return only


def marked(found: Document) -> list[tuple[str, str]]:
    """Each mark with the first line that it stands at."""
    return [(mark.label, found.text[mark.start :].split("\n")[0]) for mark in found.marks]


# Text: the decoded file itself.


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "cp932", "cp1252", "cp1251"],
)
@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.rst", "a.py", "README"])
def test_exact_text_is_what_open_reads(path: str, encoding: str, tmp_path: Path) -> None:
    words = {
        "gb18030": "# 标题\r\n\r\n这是一个简单的例子，用来说明编码。\r\n第二行\r\n" * 3,
        "cp932": "# 見出し\r\nこれは符号化を示すための簡単な例です。\r\n二行目\r\n" * 3,
        "cp1251": "# Заголовок\r\nЭто простой пример для кодировки.\r\n" * 3,
    }.get(encoding, "# Über\r\n\r\nDas ist für den Test, und nicht für die Leser.\rZeile\n" * 3)
    data = words.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
        encoding = "utf-16"
    (tmp_path / "file").write_bytes(data)
    found = document(path, data)
    assert found.exact
    # A byte order mark stays where `open` with UTF-8 leaves it, so that offsets are the same.
    reads = "utf-8" if encoding == "utf-8-sig" else encoding
    with open(tmp_path / "file", encoding=reads) as file:
        assert found.text == file.read()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xef\xbb\xbf\n", "no text"),
        (b"MZ\x00\x01", "binary"),
        (bytes(range(1, 32)) * 20, "binary"),
        (b"\xff\xfe\x00", "not readable as utf-16"),
    ],
)
@pytest.mark.parametrize("path", ["a.txt", "a.md", "a.rst", "a.py", "a.csv", "a.unknown"])
def test_no_text(path: str, data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        documents(path, data)


def test_a_few_damaged_bytes_do_not_change_the_encoding() -> None:
    assert document("a.log", "größer ".encode() * 50 + b"\xff end").text.endswith("\ufffd end")


def test_titles_from_names() -> None:
    assert document("x/2008_Summer_Olympics.txt", "x").title == "2008 Summer Olympics"
    assert not document("x/2008_Summer_Olympics.txt", "x").titled
    assert document("src/engine.py", "x = 1").title == "engine.py"


def test_language() -> None:
    german = "Das ist ein Text, der nicht auf Englisch geschrieben ist, sondern auf Deutsch. " * 3
    assert document("a.txt", german).language == "de"
    assert document("a.txt", "中文文本").language == "zh"


def test_known_names() -> None:
    assert all(knows(f"some/a{suffix.upper()}") for suffix in PARSERS)
    assert knows("LICENSE")
    assert not knows("a.exe")
    assert not knows(".md")


# Markdown and reStructuredText.

MARKDOWN = """---
title: "The Manual"
date: 31 January 2026
---
Intro
=====

# Not `code` but [a link](http://x) ##
```sh
# a comment
```
~~~
## also not
```
~~~
Second
------
a paragraph
of two lines
---
- item
---
#hashtag
### Deep {#deep}
    # indented code
"""


def test_markdown() -> None:
    found = document("a.md", MARKDOWN)
    assert (found.title, found.titled) == ("The Manual", True)
    assert found.metadata == {"date": "2026-01-31"}
    assert marked(found) == [
        ("# Intro", "Intro"),
        ("# Not code but a link", "# Not `code` but [a link](http://x) ##"),
        ("## Second", "Second"),
        ("### Deep", "### Deep {#deep}"),
    ]


@pytest.mark.parametrize(
    ("text", "title", "titled"),
    [
        ("Words.\n\n# Late\n", "Late", True),
        ("## Opening\n\nWords.\n", "Opening", True),
        ("Words.\n\n## Inner\n", "a b", False),
        ("\ufeff# First\n", "First", True),
    ],
)
def test_markdown_titles(text: str, title: str, titled: bool) -> None:
    found = document("a_b.md", text)
    assert (found.title, found.titled) == (title, titled)


def test_restructured_text() -> None:
    text = (
        "=======\n Title\n=======\n\nIntro :doc:`x`.\n\nUsing ``it``\n==========\n\ncode::\n\n"
        "   Not\n   ---\n\nDeep\n----\n\n=====  =====\ncol    col\n=====  =====\n\n表題\n====\n"
    )
    found = document("a.rst", text)
    assert (found.title, found.titled) == ("Title", True)
    assert [mark.label for mark in found.marks] == ["# Title", "## Using it", "### Deep", "## 表題"]
    assert found.text[found.marks[0].start :].startswith("=======\n Title")


# Source code.


@pytest.mark.parametrize(
    ("path", "text", "labels"),
    [
        (
            "a.py",
            "@mark\n@other(1)\nclass A:\n    @x\n    async def run(self): ...\n\n"
            "    class B:\n        def go(self): ...\ndef f(): ...",
            ["class A", "def A.run", "class A.B", "def A.B.go", "def f"],
        ),
        ("a.ts", "export default class A {}\nasync function f() {}", ["class A", "function f"]),
        (
            "a.rs",
            "pub(crate) fn f() {}\nimpl<T> A<T> {\n    pub fn g() {}\n}",
            ["fn f", "impl A", "fn A.g"],
        ),
        ("a.go", "func (s *S) Run() {}\ntype S struct {}", ["func Run", "type S"]),
        (
            "a.c",
            "static int run(int a)\n{\n  return f(a);\n}\nstruct s {\n};",
            ["function run", "struct s"],
        ),
        ("a.java", "public final class A {\n}", ["class A"]),
        ("a.rb", "module M\n  def ok?\n", ["module M", "def M.ok?"]),
        ("a.sh", "go() {\n}", ["function go"]),
        ("a.sql", "CREATE TABLE IF NOT EXISTS t (\n", ["table t"]),
        ("a.json", '{"a": 1}', []),
    ],
)
def test_code(path: str, text: str, labels: list[str]) -> None:
    found = document(path, text)
    assert found.text == text
    assert [mark.label for mark in found.marks] == labels


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
        "\n\nName | Size\na | 1 2\n| x\n\ndef f():\n    return  1\n\nEnd"
    )
    assert (found.title, found.titled, found.exact) == ("Install", True, False)
    assert marked(found) == [("# Install", "Install"), ("## A list", "A list")]
    assert found.metadata == {"date": "2025-03-01"}


def test_html_takes_the_main_part() -> None:
    text = "The words that matter are these, and they are many more than those beside them. "
    page = f"<body><div>Aside</div><main><p>{text}</p></main><div>Below</div></body>"
    assert document("a.html", page).text == text.strip()
    assert "Aside" in document("a.html", page.replace(text, "x")).text


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Page – Site", "Page", "Page"),
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


# PDF: built by hand, for no dependency writes one.


def pdf(
    pages: Sequence[Sequence[tuple[int, str]]], *, title: str = "", encrypted: bool = False
) -> bytes:
    """A PDF of lines (size in points, words) in Helvetica, which is bold from 14 points on."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        rows, height = [], 800
        for size, words in page:
            height -= size + 4
            font = "F2" if size >= 14 else "F1"
            escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            rows.append(f"BT /{font} {size} Tf 50 {height} Td ({escaped}) Tj ET")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 850] /Contents {6 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        stream = "\n".join(rows)
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< /Title ({title}) /CreationDate (D:20240229120000Z) >>")
    trailer = f"/Root 1 0 R /Info {len(objects)} 0 R"
    if encrypted:
        key = "00" * 32
        objects.append(f"<< /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >>")
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<00> <00>]"
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {len(objects) + 1} {trailer} >>\nstartxref\n{len(out)}\n%%EOF"
    return out + end.encode()


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
        "A Large Title In Two Lines\n\n1 Introduction\n\n"
        "This paragraph is long enough to be wrapped by a typesetter, who breaks words at line "
        "ends. "
        "A typesetter is a person who works with well-known types, and with well-known words.\n\n"
        "A page that goes on with a sentence that is\n\n1.1 Details\n\nnot ended here. The end."
    )
    assert (found.title, found.titled) == ("A Large Title In Two Lines", True)
    assert marked(found) == [
        ("## A Large Title In Two Lines", "A Large Title In Two Lines"),
        ("page 1", "A Large Title In Two Lines"),
        ("## 1 Introduction", "1 Introduction"),
        ("page 1", "1 Introduction"),
        ("page 2", "A page that goes on with a sentence that is"),
        ("### 1.1 Details", "1.1 Details"),
        ("page 2", "1.1 Details"),
        ("page 3", "not ended here. The end."),
    ]
    assert found.metadata == {"date": "2024-02-29"}


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


def word(change: str = "") -> bytes:
    made = docx.Document()
    made.core_properties.title = ""
    made.add_heading("The Guide", 0)
    made.add_heading("Install", 1)
    made.add_paragraph("First words.\tThen more.")
    made.add_paragraph("one", style="List Bullet")
    made.add_paragraph("two", style="List Bullet")
    table = made.add_table(2, 2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ["a", "b", "c\nd", ""], strict=True
    ):
        cell.text = text
    made.add_heading("Use", 2)
    made.add_paragraph("Last\u00ad words.")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


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
    monkeypatch.setattr("lepton_local.corpus.formats.docx._UNPACKED", 1000)
    with pytest.raises(SourceError, match="unpacks to"):
        documents("a.docx", word())


# Tables: a document a row.


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
        ("c.jsonl#d1", "One", True, "First\u2028words"),
        ("c.jsonl#7", "c", False, "Second"),
        ("c.jsonl#4", "c", False, "Third \ufffd"),
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
        ("c.csv#x", "One", "Two\nlines, here"),
        ("c.csv#2", "c", 'just "text"'),
    ]
    assert dict(found[0].metadata) == {"date": "2020-01-02"}


def test_csv_without_a_text_column() -> None:
    assert document("c.csv", "name;size\nbolt;3\n").text == "name: bolt\nsize: 3"
    assert document("c.tsv", "name\tsize\nbolt, long\t3\n").text == "name: bolt, long\nsize: 3"
    long = "x" * 200_000
    assert document("c.csv", f"text\n{long}\n").text == long
    with pytest.raises(SourceError, match="no text"):
        documents("c.csv", "name,size\n")


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


# Whatever the bytes: documents, or SourceError.

SEEDS = [MARKDOWN.encode(), PAGE.encode(), pdf([BODY]), word(), b'{"text": "a"}\n', b"a,b\n1,2\n"]


@settings(max_examples=150, deadline=None)
@given(
    suffix=st.sampled_from(
        sorted({".md", ".rst", ".html", ".pdf", ".docx", ".jsonl", ".csv", ".py", ".sql"})
    ),
    seed=st.sampled_from(SEEDS),
    at=st.floats(0, 1),
    put=st.binary(max_size=40),
    drop=st.integers(0, 200),
)
def test_nothing_but_source_error(
    suffix: str, seed: bytes, at: float, put: bytes, drop: int
) -> None:
    place = int(at * len(seed))
    data = seed[:place] + put + seed[place + drop :]
    found: list[Document] = []
    with contextlib.suppress(SourceError):
        found = documents(f"a{suffix}", data)
    for item in found:
        assert item.text.strip()
        item.text.encode("utf-8")
        assert [mark.start for mark in item.marks] == sorted(mark.start for mark in item.marks)
        assert all(0 <= mark.start < len(item.text) for mark in item.marks)
