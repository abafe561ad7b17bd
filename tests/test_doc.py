"""DOC: what a person sees in a document of Word 97, and what else is saved under that ending."""

from __future__ import annotations

import struct

import pytest

from lepton_local.errors import SourceError
from tests.archives import zipped
from tests.messages import compound
from tests.old_word import (
    COMMENT,
    DELETED,
    ENDED,
    FIELD,
    HIDDEN,
    IN_TABLE,
    NOTE,
    ROW_END,
    TOLD,
    item,
    old_word,
    style,
)
from tests.parsing import document, word

STYLES = [style(0), style(62), style(2), style(0xFFE, base=2)]


@pytest.mark.parametrize("narrow", [False, True])
def test_paragraphs_headings_and_rows(narrow: bool) -> None:
    data = old_word(
        [
            ("Tides of Kjelvik\r", 1, b""),
            ("Spring\r", 3, b""),
            ("High water\x0bcomes early \xa0 in M\xe4rz.\r", 0, b""),
            ("Pier\x07", 0, IN_TABLE),
            ("Metres\x07", 0, IN_TABLE),
            ("\x07", 0, ROW_END),
            ("North\x07", 0, IN_TABLE),
            ("\x07", 0, IN_TABLE),
            ("\x07", 0, ROW_END),
            ("The end.\r", 0, b""),
        ],
        styles=STYLES,
        narrow=narrow,
    )
    found = document("tides.doc", data)
    assert found.title == "Tides of Kjelvik"
    assert found.text == (
        "Tides of Kjelvik\n\nSpring\n\nHigh water\ncomes early in März.\n\n"
        "Pier | Metres\nNorth\n\nThe end."
    )
    assert [(m.label, found.text[m.start :][:6]) for m in found.marks] == [
        ("# Tides of Kjelvik", "Tides "),
        ("## Spring", "Spring"),
    ]


def test_what_nobody_sees_is_not_read_and_notes_stand_at_their_paragraph() -> None:
    link = f'{FIELD} HYPERLINK "https://example.org/tide" {TOLD}the table{ENDED}'
    nested = f"{FIELD} IF {FIELD} DATE {TOLD}old{ENDED} x {TOLD}shown{ENDED}"
    data = old_word(
        [
            (f"Ask Mette{NOTE} now not gone, see {link}, {nested}.\r", 0, b""),
            (f"Then{COMMENT} leave\x1e\x1fit.\r", 0, b""),
        ],
        unseen={" not": DELETED, " gone": HIDDEN},
        footnotes=["Mette Orlund, harbour."],
        comments=[("Sanna", "Too early?")],
        header="File HO-5583",
        box="In a box.",
    )
    assert document("a.doc", data).text == (
        "Ask Mette now, see the table (https://example.org/tide), shown.\n\n"
        "Mette Orlund, harbour.\n\nThen leave-it.\n\nComment by Sanna: Too early?\n\n"
        "In a box.\n\nFile HO-5583"
    )


def level(text: str, *, form: int = 0, start: int = 1) -> bytes:
    """A level of a list; "\\0" and "\\1" in its text stand for the numbers of the first levels."""
    places = bytes(at for at, sign in enumerate(text, 1) if sign < " ").ljust(9, b"\0")
    about = struct.pack("<iBB9s9xBBBx", start, form, 0, places, 0, 0, 0)
    return about + struct.pack("<H", len(text)) + text.encode("utf-16-le")


def test_numbers_that_word_counts() -> None:
    levels = [level("\0."), level("\0.\1"), level("(\2)", form=4), *[level("", form=255)] * 6]
    kinds = struct.pack("<H", 2) + struct.pack("<i22xBx", 7, 0) + struct.pack("<i22xBx", 8, 1)
    bullet = level("\uf0b7", form=23)
    again = struct.pack("<iI", 5, 0x10)  # the first level begins anew with 5
    uses = struct.pack("<I", 3) + b"".join(
        struct.pack("<i8xBxxx", id_, departs) for id_, departs in ((7, 0), (8, 0), (7, 1))
    )
    data = old_word(
        [
            ("Rent\r", 1, b""),
            ("Late rent bears interest.\r", 0, item(1, 1)),
            ("of four per cent\r", 0, item(1, 2)),
            ("Notice\r", 1, b""),
            ("In writing.\r", 0, item(1, 1)),
            ("A point\r", 0, item(2)),
            ("Plain.\r", 0, b""),
            ("Anew\r", 0, item(3)),
        ],
        styles=[style(0), style(1, changes=item(1))],
        lists={73: kinds + b"".join([*levels, bullet]), 74: uses + bytes(8) + bytes(4) + again},
    )
    assert document("a.doc", data).text.split("\n") == [
        *("1. Rent", "", "  1.1 Late rent bears interest.", "    (a) of four per cent", ""),
        *("2. Notice", "", "  2.1 In writing.", "- A point", "", "Plain.", "", "5. Anew"),
    ]


def test_what_else_is_saved_under_this_ending() -> None:
    for data in (
        rb"{\rtf1\ansi First words.\par}",
        word(),
        b"<html><body><p>First words.</body></html>",
        b"MIME-Version: 1.0\nContent-Type: text/html\n\n<p>First words.",
        b"First words.\n",
    ):
        assert "First words." in document("a.doc", data).text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (old_word([("a\r", 0, b"")], flags=0x0100), "encrypted"),
        (old_word([("\r", 0, b"")]), "no text in it"),
        (b"\xdb\xa5\x2d\0" * 40, "no document of Word 6"),
        (compound({"Workbook": b"x" * 80}), "no document of Word in it"),
        (compound({"WordDocument": b"\xec\xa5\xc1\0"}), "malformed"),
        (zipped({"a.txt": "x"}), "malformed"),
    ],
)
def test_what_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        document("a.doc", data)
