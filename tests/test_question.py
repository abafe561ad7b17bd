"""Questions of odd shapes: dashes and names in phrases, characters that are none, words without a
stem.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_local.indexing import builder
from lepton_local.models.load import load_encoder
from lepton_local.search.question import parse_question
from lepton_local.search.searcher import Searcher
from lepton_local.search.words import question_words
from lepton_local.searched import Condition, Part
from tests.conftest import WordEncoder
from tests.test_update import PLAIN


@pytest.fixture
def searcher(tmp_path: Path, notes: Path, encoder: WordEncoder) -> Searcher:
    (notes / "code.py").write_text("import os\nplace = os.path.join(here, there)  # since 3.5.1\n")
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=PLAIN)


def test_a_dash_inside_a_phrase_belongs_to_it() -> None:
    asked = parse_question('"rm -rf folder" -bread')
    phrase, bread = Part("phrase", "rm -rf folder"), Part("word", "bread")
    assert asked.conditions == (Condition((phrase,)), Condition((bread,), excluded=True))
    assert asked.text == "rm -rf folder"


def test_a_phrase_may_stand_inside_a_longer_name(searcher: Searcher) -> None:
    for question in ('"os.path"', '"3.5"'):
        assert [hit.path for hit in searcher.search(question)] == ["code.py"]


def test_odd_characters_are_searched_around(searcher: Searcher) -> None:
    bundled = load_encoder()
    for odd in ("bread \udce9", "bread \x00", "bread \u0640\u0640\u0640\u0640\u0640\u0640\u0640"):
        assert searcher.search(odd)
        bundled.encode([parse_question(odd).text], kind="question")


def test_a_word_without_a_stem_is_no_spelling(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    """The Arabic stemmer leaves nothing of a word of stretching signs."""
    for path in notes.iterdir():
        path.unlink()
    (notes / "a.txt").write_text("الخبز طازج في كل صباح والنهر هادئ تحت الأشجار. " * 3)
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    assert index.statistics.languages == ("ar",)
    assert question_words(index, "\u0640" * 7)[1] == {}
