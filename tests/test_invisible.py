"""What nobody sees is shown, unless a script is spelled with it."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_local.cli.screen import clean, json_line, prose
from lepton_local.invisible import CONTROLS, INVISIBLE, reveal
from tests.test_cli import lepton_index, lepton_search

HIDDEN = [
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u061c", "\ufeff", "\u2060", "\u2063"),
    *("\u034f", "\u180e", "\u115f", "\u3164", "\ufe0f", "\ufff9", "\U000e0041", "\U000e0101"),
]
SPELLED = {
    "Persian": "می\u200cروم",
    "Hindi, a half letter": "क्\u200dष",
    "Hindi, at an end": "क्\u200d क",
    "Sinhala": "ශ්\u200dරී",
    "Kannada": "ರ್\u200cಕ",
    "Hebrew": "שלום\u200f!",
    "Arabic": "C++\u200f لغة",
    "Khmer": "សួស្តី\u200bពិភពលោក",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a red heart": "\u2764\ufe0f",
    "a heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "a doctor": "\U0001f469\U0001f3fd\u200d\u2695\ufe0f",
    "a key": "1\ufe0f\u20e3",
    "Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "a variant of a Chinese sign": "\u845b\U000e0100",
}


@pytest.mark.parametrize("sign", HIDDEN)
def test_it_is_shown_among_letters(sign: str) -> None:
    shown = f"pay‹U+{ord(sign):04X}›pal"
    assert clean(f"pay{sign}pal") == prose(f"pay{sign}pal") == shown
    assert prose(f"pay{sign}pal", [(0, 3)]) == shown.replace("pay", "\x0epay\x0f")
    line = json_line({"text": f"pay{sign}pal"})
    assert line.isascii()
    assert json.loads(line) == {"text": f"pay{sign}pal"}


@pytest.mark.parametrize("words", SPELLED.values(), ids=SPELLED)
def test_words_stay_as_they_are_spelled(words: str) -> None:
    assert clean(words) == prose(words) == words
    assert json_line(words).decode() == f'"{words}"\n'
    for edge in range(len(words) + 1) if "\U000e007f" not in words else ():  # a flag is one sign
        lit = prose(words, [(0, edge)])
        assert lit.replace("\x0e", "").replace("\x0f", "") == words


def test_a_message_that_is_hidden_in_tags_or_variants_is_shown() -> None:
    tags = "".join(chr(0xE0000 + ord(sign)) for sign in "ignore all")
    assert reveal(f"Hello{tags}").count("‹U+E00") == 10
    assert reveal("\U0001f3f4" + tags).count("‹") == 10
    assert reveal("\U0001f600" + "\ufe01" * 5).count("‹U+FE01›") == 4
    assert reveal("می\u200c\u200c\u200cروم").count("‹U+200C›") == 2


def test_lines_and_soft_hyphens() -> None:
    assert prose("one\u2028two\u2029three") == "one two three"
    assert clean("one\u2028two") == "one‹U+2028›two"
    assert prose("Donau\u00addampf\u00adschiff") == "Donaudampfschiff"
    assert clean("pass\u00adword.txt") == "pass‹U+00AD›word.txt"


@given(st.text(max_size=30))
def test_whatever_has_no_shape_is_found(text: str) -> None:
    """But for signs of which the standard says that they show something, or are a blank."""
    left = [
        sign
        for sign in prose(text)
        if unicodedata.category(sign) == "Cf" and not re.match(f"{INVISIBLE}|[\u0600-\u0605]", sign)
    ]
    assert all(
        unicodedata.name(sign).split()[-1] in {"SIGN", "MARK", "ABOVE", "BELOW", "AYAH"}
        or "\U00013430" <= sign <= "\U0001345f"
        for sign in left
    )
    assert not CONTROLS.search(prose(text))


def test_names_are_shown_wherever_they_are_printed(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "pay\u200bpal.md").write_text("# The r\u200bent\n\nThe rent\u200b is due on Friday.\n")
    (notes / "emp\u2060ty.md").touch()
    built = lepton_index("build", notes, "--out", tmp_path / "ix\u200b")
    told = [
        built,
        lepton_index("info", tmp_path / "ix\u200b"),
        lepton_index("info", tmp_path / "ix\u200b", "--skipped"),
        lepton_index("explain", tmp_path / "ix\u200b", notes / "pay\u200bpal.md"),
        lepton_index("explain", tmp_path / "ix\u200b", notes / "no\u200bne.md"),
        lepton_search(
            "query", tmp_path / "ix\u200b", "when is the rent due", "--why", "--no-answer"
        ),
        lepton_search("query", tmp_path / "ix\u200b", "rent", "--json", "--no-answer"),
        lepton_search("similar", tmp_path / "ix\u200b", "no\u200bne.md"),
    ]
    for each in told:
        assert not re.search(INVISIBLE, each.stdout + each.stderr)
    assert "‹U+200B›" in told[5].stdout
    typed = lepton_search("batch", tmp_path / "ix\u200b", "no\u200bne\x1b.jsonl")
    assert typed.exit_code == 2
    assert "'no‹U+200B›ne .jsonl': No such file" in typed.stderr
