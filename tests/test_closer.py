"""What the words around a span say against it: another name, the opposite, another measure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from lepton_local.indexing import builder
from lepton_local.models.calibration import Answer, strength
from lepton_local.models.records import heads
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.search.answer import Proposal, score
from lepton_local.search.expected import fits, names
from lepton_local.search.measures import mismatched
from lepton_local.search.opposites import opposed
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.test_search import Needle


class Pattern(Needle):
    """A reader that finds all that a pattern does, all as good."""

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        found = [
            tuple(Span(*each.span(), 9.0) for each in re.finditer(self.words, passage.text))
            for passage in passages
        ]
        return [Reading(0.0, spans, 9.0 if spans else -9.0) for spans in found]


def spans(
    tmp_path: Path, encoder: WordEncoder, question: str, pattern: str, *texts: str
) -> list[Proposal]:
    """What the reader finds in texts, a file each, by their places."""
    folder = tmp_path / "corpus"
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
    index = builder.build(folder, tmp_path / "index", encoder=encoder).index
    reader = Pattern(pattern)
    searcher = Searcher(index, encoder=encoder, reranker=reader, reader=reader)
    return sorted(searcher.spans(question), key=lambda each: (each.hit.path, each.start))


PRICES = "The Heron costs 45 euros a month. Lamps are lit at dusk. They burn 19 hours."


def test_the_sentence_of_a_span_counts(tmp_path: Path, encoder: WordEncoder) -> None:
    near, far = spans(tmp_path, encoder, "what costs the heron a month?", r"45|19", PRICES)
    assert near.signs.sentence > 0.7
    assert far.signs.sentence == 0.0
    assert near.signs.record == far.signs.record  # of one paragraph


def test_a_name_that_stands_nowhere_is_missed(tmp_path: Path, encoder: WordEncoder) -> None:
    asked = "What costs the Heron Deluxe?"
    (found,) = spans(tmp_path, encoder, asked, "45", PRICES)
    assert 0.2 < found.signs.absent < 0.4  # it is rarer than the other words
    (found,) = spans(tmp_path, encoder, "What costs the Heron?", "45", PRICES)
    assert found.signs.absent == 0.0
    assert list(names('"What" does Heron Deluxe 3 cost in Q4?')) == ["Heron", "Deluxe", "3", "Q4"]


def test_an_opposite_is_told(tmp_path: Path, encoder: WordEncoder) -> None:
    ages = "The minimum age of pilots is 12. The maximum age of pilots is 70."
    young, old = spans(tmp_path, encoder, "What is the maximum age of pilots?", r"\d+", ages)
    assert (young.signs.opposed, old.signs.opposed) == (1.0, 0.0)
    assert opposed(["first"], {"last", "of"})
    assert not opposed(["first"], {"first", "last"})  # both are told
    assert not opposed(["pilot"], {"last"})


def test_what_stands_everywhere_is_the_topic(tmp_path: Path, encoder: WordEncoder) -> None:
    texts = ("Lamps of Kiel are lit at dusk.", "Lamps of Bergen are lit at dawn.")
    found = spans(tmp_path, encoder, "where are they lit?", r"Lamps|Kiel", *texts)
    assert [(each.text, each.signs.common) for each in found] == [
        ("Lamps", 1.0),
        ("Kiel", 0.5),
        ("Lamps", 1.0),
    ]


def test_a_sign_weighs_what_the_calibration_says(tmp_path: Path, encoder: WordEncoder) -> None:
    (found,) = spans(tmp_path, encoder, "What costs the Heron Deluxe?", "45", PRICES)
    plain, strict = Answer(), Answer(absent=-5.0)
    lost = strength(plain, found.signs) - strength(strict, found.signs)
    assert lost == pytest.approx(5 * found.signs.absent)


ROWS = (
    "Boats\n\nBoat: Otter | Berth: B12 | Fee (EUR): 410\nBoat: Heron | Berth: B14 | Fee (EUR): 68"
)


@pytest.mark.parametrize(
    ("words", "named"),
    [("Boats", False), ("Berth", True), ("Fee (EUR)", True), ("B14", False), ("68", False)],
)
def test_a_column_is_named(words: str, named: bool) -> None:
    at = ROWS.rindex(words)
    assert heads(ROWS, at, at + len(words)) is named
    prose = "IndexError: raised where a place is out of reach"
    assert not heads(prose, 0, len("IndexError"))


@pytest.mark.parametrize(
    ("question", "words", "wrong"),
    [
        ("How much is the rent of the boathouse?", "1,240 square metres", True),
        ("How much is the rent of the boathouse?", "27,280", False),
        ("How much is the rent of the boathouse?", "1,100 EUR for 30 square metres", False),
        ("When did Robert start?", "+1 415 555 0137", True),
        ("When did Robert start?", "31 March", False),
        ("When did Robert start?", "at 20 °C on 2024-03-01", False),
        ("How many boats are there?", "45 euros", True),
        ("How many boats are there?", "85", False),
        ("How many miles is it?", "5 km", False),
        ("How many days are there?", "28 days", False),
        ("Who was there?", "45 euros", False),  # nothing is measured
    ],
)
def test_measures_are_told_apart(question: str, words: str, wrong: bool) -> None:
    assert mismatched(question, words) is wrong
    assert not wrong or fits(question, words) is False


def test_no_decimal_is_a_telephone_and_one_or_more_no_number() -> None:
    assert fits("What is the phone number of Dahl?", "3.05") is False
    assert fits("What is the phone number of Dahl?", "+49 30 5550 145") is True
    assert fits("What is the maximum length of a line?", "one or more stanzas") is False
    assert fits("How many lamps are lit?", "one") is True


def test_words_that_hold_an_answer_say_the_same(tmp_path: Path, encoder: WordEncoder) -> None:
    texts = ("The lamp is lit by Dahl.", "Mrs Dahl lights the lamp.", "It is 12 or 12 13.")
    found = spans(tmp_path, encoder, "who lights the lamp?", r"(Mrs )?Dahl|12(?= or)|12 13", *texts)
    told = {each.proposal.text: each.confidence for each in score(found)}
    assert {"Dahl", "Mrs Dahl"} & set(told) == {found[0].text}
    assert {"12", "12 13"} <= set(told)  # numbers are others
    assert sum(told.values()) < 1.0
