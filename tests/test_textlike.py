"""Formats that are text, or nearly: LaTeX, Org, AsciiDoc, subtitles, JSON and its like."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_local.corpus.chunk import chunk
from lepton_local.errors import SourceError
from tests.parsing import document, documents, grows, left_out, marked, quick
from tests.test_code import PYTHON
from tests.test_manual import MAN, MDOC

LATEX = r"""\documentclass{article}
\title{The \textbf{Schr\"odinger} Equation\thanks{For money.}}
\author{Erwin S. \and Paul~D.\inst{1}}
\date{12 March 2021}
% \section{Commented away}
\begin{verbatim}
\section{Printed as it is}
\end{verbatim}
\section{Waves \& more}\label{sec:waves}
Half of them, 50\% \emph{or} so, travel.
\subsection*{A deep $x$}
\section[short]{A {nested} one}
The end.
"""
ORG = """#+TITLE: The Diary
#+AUTHOR: Ann Lee
#+DATE: <2024-05-06 Mon>

* TODO [#A] First [[https://x.org][link]] :tag:home:
Words of the first.
** Second
#+BEGIN_SRC sh
,* no headline
#+END_SRC
"""
ASCIIDOC = """= The Manual
Ann Lee <ann@example.org>
v1.0, 2020-01-02
:toc:

Intro.

== Install `it`

----
== no title
----

=== Deeper ===

Old Form
~~~~~~~~
Words.
"""
SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Hello there,</i>
General.

2
00:00:02,600 --> 00:00:04,000
How are you?

3
01:02:03,000 --> 01:02:04,000
- Fine.
- {\\an8}You?
"""
VTT = """WEBVTT

NOTE a comment
of two lines

intro
00:01.000 --> 00:02.000 align:start
<v Roger>Fish &amp; chips

00:02.000 --> 00:03.000
Roger: Fish &amp; chips
are good
"""
SAMPLES = {
    "a.tex": LATEX,
    "a.org": ORG,
    "a.adoc": ASCIIDOC,
    "a.1": MAN,
    "a.8": MDOC,
    "a.srt": SRT,
    "a.vtt": VTT,
    "a.py": PYTHON,
    "a.json": '{"name": "x", "needs": {"b": [1, {"c": 2}]}, "text": "a \\" { b", "z": 1}',
    "a.yaml": "# c\nname: 1\nneeds:\n  c: 2\n'quoted key': x\n- e: f\n",
    "a.toml": "x = 1\n[tool.ruff]\na = 1\n[[runs]]\n",
    "a.ini": "[main]\na = 1\n",
    "a.xml": "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x 'y'>]>"
    "<r><a k='<'/><b><c>text &x;</c></b><!-- <z> --><b/></r>",
}


@pytest.mark.parametrize("path", SAMPLES)
def test_every_character_lies_in_some_passage(path: str) -> None:
    for text in (SAMPLES[path], SAMPLES[path].replace("\n", "\r\n"), SAMPLES[path] * 20):
        assert left_out(document(path, text)) == ""


@pytest.mark.parametrize(
    "path", [path for path in SAMPLES if path not in ("a.1", "a.8", "a.srt", "a.vtt")]
)
def test_text_is_exact(path: str) -> None:
    found = document(path, SAMPLES[path])
    assert found.exact
    assert found.text == SAMPLES[path]


@settings(max_examples=200, deadline=None)
@given(
    path=st.sampled_from(sorted(SAMPLES)),
    at=st.floats(0, 1),
    put=st.binary(max_size=20),
    drop=st.integers(0, 80),
)
def test_damaged_files_give_text_or_a_reason(path: str, at: float, put: bytes, drop: int) -> None:
    seed = SAMPLES[path].encode()
    place = int(at * len(seed))
    with contextlib.suppress(SourceError):
        for found in documents(path, seed[:place] + put + seed[place + drop :]):
            assert left_out(found) == ""
            assert list(found.marks) == sorted(found.marks, key=lambda mark: mark.start)
            assert all(0 <= mark.start < len(found.text) for mark in found.marks)


def test_each_is_told_its_language() -> None:
    german = "Das ist ein Text, der nicht auf Englisch geschrieben ist, sondern auf Deutsch. " * 3
    for path, text in {
        "a.tex": f"\\section{{Eins}}\n{german}",
        "a.org": f"* Eins\n{german}",
        "a.adoc": f"= Eins\n\n{german}",
        "a.7": f".TH EINS 7\n.SH NAME\n{german}",
        "a.srt": f"1\n00:00:01,000 --> 00:00:02,000\n{german}",
        "a.json": f'{{"text": "{german}"}}',
    }.items():
        assert document(path, text).language == "de", path


# LaTeX, Org, AsciiDoc.


def test_latex() -> None:
    found = document("a.tex", LATEX)
    assert (found.title, found.titled) == ("The Schrödinger Equation", True)
    assert found.metadata == {"author": "Erwin S., Paul D.", "date": "2021-03-12"}
    assert marked(found) == [
        ("## Waves & more", r"\section{Waves \& more}\label{sec:waves}"),
        ("### A deep x", r"\subsection*{A deep $x$}"),
        ("## A nested one", r"\section[short]{A {nested} one}"),
    ]


def test_latex_of_a_book() -> None:
    found = document("a.ltx", r"\chapter{One} \section{Two} \title{unclosed")
    assert [mark.label for mark in found.marks] == ["## One", "### Two"]
    assert found.title == "unclosed"


def test_org() -> None:
    found = document("a.org", ORG)
    assert (found.title, found.titled) == ("The Diary", True)
    assert found.metadata == {"author": "Ann Lee", "date": "2024-05-06"}
    assert [mark.label for mark in found.marks] == ["# First link", "## Second"]


def test_asciidoc() -> None:
    found = document("a.adoc", ASCIIDOC)
    assert (found.title, found.titled) == ("The Manual", True)
    assert found.metadata == {"author": "Ann Lee", "date": "2020-01-02"}
    assert [mark.label for mark in found.marks] == [
        *("# The Manual", "## Install it", "### Deeper", "### Old Form")
    ]


# Subtitles.


def test_srt() -> None:
    found = document("a.srt", SRT)
    assert found.text == "Hello there, General. How are you?\n\n- Fine.\n- You?"
    assert marked(found) == [
        ("00:00:01", "Hello there, General. How are you?"),
        ("00:00:02", "How are you?"),
        ("01:02:03", "- Fine."),
    ]


def test_vtt_says_a_repeated_line_once() -> None:
    found = document("a.vtt", VTT)
    assert found.text == "Roger: Fish & chips are good"
    assert marked(found) == [("00:00:01", found.text), ("00:00:02", "are good")]


def test_subtitles_without_cues() -> None:
    with pytest.raises(SourceError, match="no subtitles in it"):
        documents("a.srt", "Just words.")


def test_a_passage_of_subtitles_is_cited_by_its_time() -> None:
    cues = "".join(
        f"{n}\n00:{n:02}:00,000 --> 00:{n:02}:02,000\nSentence {n} of the talk is here.\n\n"
        for n in range(60)
    )
    found = list(chunk(document("a.srt", cues), quick, tokens=40, overlap=0))
    for passage in found:
        assert passage.text.startswith(f"Sentence {int(passage.mark[3:5])} ")


# Data.


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("a.json", ["key name", "key needs", "key text", "key z"]),
        ("a.yaml", ["key name", "key needs", "key quoted key"]),
        ("a.toml", ["section tool.ruff", "section runs"]),
        ("a.ini", ["section main"]),
        ("a.xml", ["element a", "element b", "element b"]),
    ],
)
def test_data(path: str, labels: list[str]) -> None:
    assert [mark.label for mark in document(path, SAMPLES[path]).marks] == labels


def test_a_passage_of_data_carries_its_key() -> None:
    text = '{"fruit": "' + "apple " * 60 + '", "tools": "' + "hammer " * 60 + '"}'
    found = list(chunk(document("a.json", text), quick, tokens=40, overlap=0))
    assert {passage.heading for passage in found if "hammer" in passage.text} == {"key tools"}


def test_a_megabyte_on_one_line() -> None:
    text = '{"rows":[' + ",".join(f'{{"id":{n},"name":"row{n}"}}' for n in range(40_000)) + "]}"
    assert left_out(document("a.json", text), tokens=180) == ""


@pytest.mark.parametrize(
    ("path", "scrap"),
    [
        ("a.xml", "<!--"),
        ("a.xml", '<a "'),
        ("a.json", '\\"'),
        ("a.yaml", "a b "),
        ("a.tex", "\\begin{verbatim}"),
        ("a.tex", "\\section{"),
        ("a.org", "*  "),
        ("a.adoc", "= a "),
        ("a.1", ".de a\n.a\n"),
        ("a.1", "\\h'"),
        ("a.1", ".if n \\{"),
        ("a.vtt", "00:01.0 --> 00:02.0\n<v {\\"),
    ],
)
def test_what_never_closes_is_read_in_one_pass(path: str, scrap: str) -> None:
    def read(many: int) -> None:
        with contextlib.suppress(SourceError):
            documents(path, f".TH A 1\n{scrap * many}")

    assert grows(read, 1_000, 8_000) < 3
