"""Lines that are drawn, in tables and contents, are shown and cited, but no model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lepton_local.config import SearchConfig
from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.pieces import blank_rules
from lepton_local.indexing import builder
from lepton_local.indexing.check import check
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.parsing import document, quick

RULE = f"+{'-' * 30}+{'=' * 30}+"
TABLE = "\n".join(f"{RULE}\n| river {row:<24} | {row} otters {'.' * 20} |" for row in range(40))


@given(st.text(st.sampled_from("-=._+|#a1 \n\u2500"), max_size=120))
def test_words_and_short_signs_stay_where_they_are(text: str) -> None:
    blank = blank_rules(text)
    assert len(blank) == len(text)
    assert all(was == now or now == " " for was, now in zip(text, blank, strict=True))
    assert blank.split() == blank_rules(blank).split(), "nothing is left to blank"
    assert [sign for sign in blank if sign.isalnum()] == [sign for sign in text if sign.isalnum()]


def test_a_rule_is_one_sign_and_a_very_long_one_several() -> None:
    assert blank_rules(RULE).split() == ["+-", "+=", "+"]
    assert blank_rules("--- ==== ...").split() == ["---", "=", "..."]
    assert len(blank_rules("~" * 4800).split()) == 100, "a passage stays readable"


def test_rules_fill_no_passages() -> None:
    ruled, bare = (document("a.txt", text) for text in (TABLE, TABLE.replace("-" * 30, "-")))
    counts = [len([*chunk(each, quick, tokens=120, overlap=12)]) for each in (ruled, bare)]
    assert counts[0] == counts[1]
    for passage in chunk(ruled, quick, tokens=120, overlap=12):
        assert passage.text == ruled.text[passage.start : passage.end]


class Finder:
    """Finds the number of otters of a river, and tells what it was shown."""

    name, digest, languages = "finder", "sha256:finder", frozenset({"en"})
    calibration = Calibration()

    def __init__(self) -> None:
        self.shown: list[str] = []

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        self.shown += [passage.text for passage in passages]
        places = [passage.text.find("7 otters") for passage in passages]
        return [Reading(0.0, (Span(at, at + 8, 20.0),) if at >= 0 else ()) for at in places]


def test_no_model_reads_them_and_every_citation_holds(tmp_path: Path, encoder: WordEncoder) -> None:
    (tmp_path / "rivers.txt").write_text(TABLE)
    index = builder.build(tmp_path / "rivers.txt", tmp_path / "index", encoder=encoder).index
    assert encoder.encoded
    assert not any("----" in text or "...." in text for text in encoder.encoded)
    reader = Finder()
    config = SearchConfig(rerank=False)
    searcher = Searcher(index, encoder=encoder, reader=reader, config=config)
    result = searcher.verify(searcher.answer("which river has 7"))
    assert reader.shown
    assert not any("----" in text or "...." in text for text in reader.shown)
    assert result.answer is not None
    assert result.answer.hit.verified
    assert TABLE[result.answer.start : result.answer.end] == result.answer.text == "7 otters"
    assert RULE in result.answer.hit.passage.text
    assert all(finding.ok for finding in check(index.path, sources=True))
