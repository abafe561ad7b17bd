"""Parsing: text that is its own canonical text, and the promise that only SourceError comes out."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.corpus.formats.code import _PATTERNS
from lepton_local.corpus.formats.data import _MARKS
from lepton_local.corpus.parse import PARSERS, knows
from lepton_local.corpus.suffixes import SUFFIXES
from lepton_local.errors import SourceError
from lepton_local.types import Document
from tests.parsing import document, documents, marked, pdf, word

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
    endings = {each for name in PARSERS for each in SUFFIXES[name]}
    assert {".yml", ".xhtml", ".hpp", ".3", ".ndjson"} <= endings
    assert all(knows(f"some/a{suffix.upper()}") for suffix in endings)
    assert endings >= {*_PATTERNS, *_MARKS}, "an ending whose marks nobody will see"
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
        ("a.rb", "module M\n  def ok?\n  end\nend\n", ["module M", "def M.ok?"]),
        ("a.sh", "go() {\n}", ["function go"]),
        ("a.sql", "CREATE TABLE IF NOT EXISTS t (\n", ["table t"]),
        ("a.css", "a { b: c }", []),
    ],
)
def test_code(path: str, text: str, labels: list[str]) -> None:
    found = document(path, text)
    assert found.text == text
    assert [mark.label for mark in found.marks] == labels


# Whatever the bytes: documents, or SourceError.

HTML = "<title>A</title><h1>B</h1><ul><li>c<table><tr><td>d<td>e</table></ul><pre>f</pre>"
SEEDS = [
    MARKDOWN.encode(),
    HTML.encode(),
    pdf([[(10, "Words.")]]),
    word(),
    b'{"text": "a"}\n',
    b"a,b\n1,2\n",
]


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
