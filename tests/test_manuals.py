"""A manual as plain text, and as a PDF: its headings, its contents, its running lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lepton_local.indexing import builder
from lepton_local.indexing.explain import explain
from tests.conftest import WordEncoder
from tests.parsing import document, marked, pdf

UNDERLINED = """\ufeffThe Manual
==========

Words.

1. Pipes
--------

More words.
A line above a long rule
----------------------------------------

  Set in
  ------

2. Sockets
-----------

3. Files
========
"""
NUMBERED = """The Manual

Chapter 1. Start

    Words.

1.1. Pipes

    1. an item

1.1.1 Named pipes and how
they are made

1.2. Sockets

2.5 of them were lost, as we
had feared.

A.1. The maze

"""


def test_underlined_titles_of_plain_text_are_headings() -> None:
    found = document("a.txt", UNDERLINED)
    assert found.text == UNDERLINED
    assert marked(found) == [
        ("# The Manual", "The Manual"),
        ("## 1. Pipes", "1. Pipes"),
        ("## 2. Sockets", "2. Sockets"),
        ("# 3. Files", "3. Files"),
    ]


def test_numbered_titles_of_plain_text_are_headings() -> None:
    assert marked(document("a.txt.gz", gzip.compress(NUMBERED.encode()))) == [
        ("## Chapter 1. Start", "Chapter 1. Start"),
        ("### 1.1. Pipes", "1.1. Pipes"),
        ("#### 1.1.1 Named pipes and how they are made", "1.1.1 Named pipes and how"),
        ("### 1.2. Sockets", "1.2. Sockets"),
        ("### A.1. The maze", "A.1. The maze"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1. Buy bread\n\n2. Bake it\n\n3. Eat it\n\n",  # items
        "1.5 litres\n\n2.5 litres\n\n",  # too few
        "a\n---\n\n-- \nName\n",  # a rule longer than its line, a signature
    ],
)
def test_plain_text_without_headings(text: str) -> None:
    assert not document("a.txt", text).marks


def test_contents_of_a_pdf_keep_their_lines() -> None:
    dots = ". " * 40
    page = [(10, f"1.1 Pipes {dots}3"), (10, f"1.2 Sockets {dots}14"), (10, "Wait..... what?")]
    text = document("a.pdf", pdf([page])).text
    assert text.split("\n")[:2] == ["1.1 Pipes … 3", "1.2 Sockets … 14"]


def test_running_lines_of_a_preface_are_known_by_those_of_the_body() -> None:
    numbers = ["i", "ii", "iii", *(f"{number} / 9" for number in range(1, 10))]
    words = ["ash", "oak", "elm", "fir", "yew", "bay", "box", "fig", "may", "sloe", "pear", "lime"]
    pages = [
        [(10, f"The Manual {number}"), *((10, f"A {word} and a {each}.") for each in words[:4])]
        for number, word in zip(numbers, words, strict=True)
    ]
    text = document("a.pdf", pdf(pages)).text
    assert (text.count("The Manual"), text.count("The Manual i")) == (1, 1)


def test_the_title_of_a_compressed_file_is_from_its_name(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    (tmp_path / "old_notes.txt.gz").write_bytes(gzip.compress(b"Words."))
    index = builder.build(tmp_path, tmp_path / "index", encoder=encoder).index.path
    (told,) = explain(index, "old_notes.txt.gz")["documents"]
    assert (told["title"], told["title_from"]) == ("old notes", "name")
