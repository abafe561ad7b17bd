"""Which scripts put no spaces between words: one table, and what tells languages agrees with it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

import pytest

from lepton_local.corpus import language, words
from lepton_local.models.spans import within_word
from lepton_local.scripts import UNSPACED

RUN_ON = {"cjk", "ja", "th", "lo", "my", "km"}


def test_scripts_of_languages_that_run_on_are_in_the_table() -> None:
    starts = [start for start, _ in language._SCRIPTS]
    for sign in map(chr, range(0x32000)):
        name = language._SCRIPTS[bisect_right(starts, ord(sign)) - 1][1]
        if name != "-" and unicodedata.category(sign).startswith("L"):
            assert bool(re.match(f"[{UNSPACED}]", sign)) == (name in RUN_ON), (sign, name)


@pytest.mark.parametrize(
    "text", ["東京都", "カタカナ", "ㄅㄆㄇ", "ไทยแลนด์", "ລາວ", "မြန်မာ", "ខ្មែរ"]
)
def test_words_are_pairs_of_signs_and_may_be_cut_anywhere(text: str) -> None:
    assert len(words.terms(text, language="zh")) > 1
    assert not any(within_word(text, place) for place in range(len(text) + 1))


@pytest.mark.parametrize("text", "otters выдра ביבר 한국어 ཀཁག".split())
def test_words_of_other_scripts_are_cut_between_words_alone(text: str) -> None:
    assert within_word(text, 1)
