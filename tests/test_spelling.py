"""Slips of the hand: which word is searched in place of one that no document has."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder

PLAIN = SearchConfig(mode="lexical", rerank=False, answer=False)
TEXTS = {
    "en.md": "The business of the harbour is to lend boats. Please separate the receipts from it. "
    "The primary school is near.",
    "de.md": "Das Kühlhaus steht am Hafen, und die Latte lag dort. Bis zum Abend war es zu. "
    "Wir haben es mit einer langen Leiter und einem neuen Schlüssel geöffnet.",
    "fr.md": "La maison est près de la rivière. Il y a des bateaux dans le port, que la mairie "
    "loue pour les enfants et pour leurs parents. Elle est ouverte tous les jours de la semaine.",
    "a.css": "body { margin: 0; color: red; } .lanterne { display: block; background: none }",
}


@pytest.fixture
def searcher(tmp_path: Path, encoder: WordEncoder) -> Searcher:
    (tmp_path / "docs").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "docs" / name).write_text(text)
    index = builder.build(tmp_path / "docs", tmp_path / "index", encoder=encoder).index
    return Searcher(index, encoder=encoder, config=PLAIN)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("buisness", "business"),
        ("bussiness", "business"),
        ("Kühlhuas", "kühlhaus"),
        ("kuhlhuas", "kühlhaus"),
        ("seperate", None),  # a wrong letter that is no neighbour of the right one
        ("separste", "separate"),
        ("primacy", None),
        ("latest", None),  # its German stem is near to others
        ("rivierre", "rivière"),
        ("business", None),
    ],
)
def test_slips(searcher: Searcher, typed: str, meant: str | None) -> None:
    assert searcher.answer(f"{typed} harbour").corrections == ({typed: meant} if meant else {})


def test_code_adds_no_language(searcher: Searcher) -> None:
    assert searcher.index.statistics.languages == ("de", "en", "fr")
