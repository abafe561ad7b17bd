"""Values that are one however they are written, and answers that contradict each other."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import click
import pytest

from lepton_local.cli.show import result_lines
from lepton_local.indexing import builder
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.search.table import Table
from lepton_local.search.values import differ, value
from tests.conftest import WordEncoder
from tests.test_search import Needle

SAME = [
    each.split(" = ")
    for each in (
        "14 days = a fortnight = fourteen days = two weeks = 14 days' written notice = zwei Wochen"
        " = vierzehn Tage = quatorze jours = deux semaines = fourteen (14) days = within 14 days"
        " = a period of 14 calendar days = 14 Kalendertage",
        "30 days = thirty (30) days = dreißig Tage = trente jours = 30 jours calendaires",
        "10 working days = ten business days = zehn Werktage = 10 jours ouvrables",
        "twelve months = 1 year = one year = zwölf Monate = ein Jahr = un an = douze mois",
        "six months = half a year = ein halbes Jahr = six mois = two quarters = sechs Monate",
        "2,400 euros = €2,400 = 2.400,00 EUR = 2400 EUR = 2 400 € = 2.400 €"
        " = zweitausendvierhundert Euro = deux mille quatre cents euros = 2.4k euros",
        "$1.5 million = 1,500,000 dollars = 1,5 Millionen Dollar = 1,5 million de dollars = $1.5m",
        "640 crowns a month = 640 kroner per month = 640 Kronen im Monat = 640 couronnes par mois"
        " = 640 crowns monthly",
        "4 March 2024 = 2024-03-04 = March 4, 2024 = on the 4th of March 2024 = 04.03.2024"
        " = am 4. März 2024 = le 4 mars 2024 = Montag, den 4. März 2024",
        "20% = twenty percent = 20.0 % = zwanzig Prozent = vingt pour cent = twenty per cent",
        "5 km = 5,000 metres = 5000 m = 5 Kilometer = cinq kilomètres",
        "2 kg = 2000 g = two kilos = 2 Kilogramm = deux kilogrammes",
        "one hundred and five = 105 = hundertfünf = cent cinq",
        "21 = twenty-one = einundzwanzig",
        "70 = seventy = soixante-dix = siebzig",
        "1500 = fifteen hundred = one thousand five hundred = mille cinq cents = 1,500",
        "2.5 = two and a half = zweieinhalb = deux et demi = 2½ = 2,5",
        "30 minutes = half an hour = 0.5 h = eine halbe Stunde = une demi-heure",
        "90 minutes = an hour and a half = 1 h 30 min = anderthalb Stunden = 1h30"
        " = une heure et demie = one and a half hours",
        "14:30 = 2.30 pm = 14.30 Uhr = 14h30 = 2:30 p.m.",
        "1 GB = 1000 MB = one gigabyte = 1 Go",
        "50 m² = 50 square metres = 50 Quadratmeter = 50 mètres carrés",
    )
]


@pytest.mark.parametrize("written", SAME, ids=lambda each: str(each[0]))
def test_a_value_is_one_however_it_is_written(written: list[str]) -> None:
    values = [value(each) for each in written]
    assert None not in values
    assert len(set(values)) == 1, dict(zip(written, values, strict=True))


def test_different_values_differ() -> None:
    firsts = [found for each in SAME if (found := value(each[0])) is not None]
    assert len(firsts) == len(SAME)
    assert all(differ(one, other) for one, other in combinations(firsts, 2))
    one, other = value("30 days"), value("one month")
    assert one is not None
    assert other is not None
    assert one.kind == other.kind == "duration"
    assert differ(one, other)


@pytest.mark.parametrize(
    "text",
    [
        *("Denmark", "INV-2045", "page 3", "1.2.3", "the 14 harbours of the north coast", "", "-"),
        *(
            "a",
            "and",
            "may",
            "2 or 3 days",
            "14 to 30 days",
            "quay 4",
            "24/7",
            "5 apples a day now",
        ),
    ],
)
def test_what_is_no_value_is_none(text: str) -> None:
    assert value(text) is None


class Days(Needle):
    """A reader that finds every number of days, all as good."""

    def read(self, question: str, passages: Sequence[PassageText]) -> list[Reading]:
        found = []
        for passage in passages:
            spans = [
                Span(*each.span(), 9.0)
                for each in re.finditer(r"\w+ days|a fortnight", passage.text)
            ]
            found.append(Reading(0.0, tuple(spans), 9.0 if spans else -9.0))
        return found


def searcher(tmp_path: Path, encoder: WordEncoder, **texts: str) -> Searcher:
    for day, (name, text) in enumerate(texts.items(), 1):
        file = tmp_path / "corpus" / f"{name}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        os.utime(file, (day * 86400, day * 86400))
    index = builder.build(tmp_path / "corpus", tmp_path / "index", encoder=encoder).index
    reader = Days("days")
    return Searcher(index, encoder=encoder, reranker=reader, reader=reader)


QUESTION = "how long is the notice period?"


def test_answers_of_equal_standing_that_differ_are_both_shown(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    old, new = "The notice period is 14 days.", "The notice period is 30 days."
    found = searcher(tmp_path, encoder, old=old, new=new).answer(QUESTION)
    assert found.answer is not None
    assert (found.answer.text, found.answer.hit.path) == ("30 days", "new.txt")
    assert [each.text for each in found.conflicts] == ["14 days"]
    told = result_record(found)
    assert told["conflict"] is True
    assert [each["conflict"] for each in told["answers"]] == [True]
    lines = [click.unstyle(line) for line in result_lines(found, index="i", answering=True)]
    assert lines[2] == "contradicted (1970-01-03 is newest):"
    assert lines[3].startswith("but 14 days (possible, ")


def test_one_value_written_in_two_ways_is_no_conflict(tmp_path: Path, encoder: WordEncoder) -> None:
    one, other = "The notice period is 14 days.", "The notice period is a fortnight."
    found = searcher(tmp_path, encoder, one=one, other=other).answer(QUESTION)
    assert found.answer is not None
    assert (found.conflicts, found.answers) == ((), ())
    assert found.answer.confidence > 0.9  # both speak for it
    assert result_record(found)["conflict"] is False


def test_values_of_other_things_are_no_conflict(tmp_path: Path, encoder: WordEncoder) -> None:
    one, other = "The notice period is 14 days.", "Flags of the regatta hang for 30 days."
    found = searcher(tmp_path, encoder, one=one, other=other).answer(QUESTION)
    assert found.answer is not None
    assert (found.answer.text, found.conflicts) == ("14 days", ())


def test_a_cell_marks_what_contradicts_it_in_its_document(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    both = "The notice period is 14 days.\n\nThe notice period is 30 days."
    table = Table(searcher(tmp_path, encoder, both=both, one=both[:29]), [QUESTION])
    marked, plain = (row.cells[0] for row in table.rows())
    assert marked.answer is not None
    assert {marked.answer.text, marked.conflicts[0].text} == {"14 days", "30 days"}
    assert plain.conflicts == ()
