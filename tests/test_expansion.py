"""What abbreviations stand for, and which column is meant: answers that a reader alone misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

import lepton_local as lepton
from lepton_local.search.columns import meant
from lepton_local.search.expansion import abbreviation, expansions, mentions
from lepton_local.types import Hit

TEXTS = {
    "loom.txt": "The Weavers' Pattern Register (WPR) lists all patterns. A pattern enters the WPR "
    "when two weavers agree.",
    "dyes.txt": "Dyes are bought by the kilogram. MDT: mean drying time, in hours, of a skein.",
    "rules.txt": "Fees follow the tariff. The SFT was last changed in May; the simple fee tariff "
    "holds for members.",
    "ferry.md": "# ROPE: rules of passage elsewhere\n\n"
    + "A boat that meets another gives way to it. " * 60
    + "\n\n## Fines\n\nWhoever breaks what ROPE says about lanterns pays twelve crowns.\n",
    "trips.csv": "Quarter,Trips,Spent (EUR)\n"
    "Q1 2026,34,41230.5\nQ2 2026,51,68990\nQ3 2026,22,19875\n",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lepton.Searcher]:
    root = tmp_path_factory.mktemp("guild")
    for name, text in TEXTS.items():
        (root / name).write_text(text)
    lepton.build(root, root / "index")
    with lepton.Searcher.open(root / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What does WPR stand for?", "Weavers' Pattern Register"),
        ("what is MDT short for", "mean drying time"),
        ("What does the abbreviation SFT mean?", "simple fee tariff"),
        ("what does ROPE stand for, that fines for lanterns", "rules of passage elsewhere"),
    ],
)
def test_an_abbreviation_is_spelt_out(
    searcher: lepton.Searcher, question: str, answer: str
) -> None:
    result = searcher.answer(question)
    first = result.answer or result.answers[0]
    assert first.text == answer
    assert first.hit.passage.text[first.start - first.hit.passage.start :].startswith(answer)


def test_the_column_is_found_that_is_meant(searcher: lepton.Searcher) -> None:
    spent = searcher.answer("How much was spent in Q2 2026?").answer
    trips = searcher.answer("How many journeys were there in Q2 2026?").answer
    assert spent is not None
    assert spent.text == "68990"
    assert trips is not None
    assert trips.text == "51"


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("What does GIL stand for?", "GIL"),
        ("what does tmz stand for", "tmz"),
        ("What is QED short for?", "QED"),
        ("What did the acronym NYPD originally stand for?", "NYPD"),
        ("What does the acronym FTA mean?", "FTA"),
        ("What is the full form of U.N.?", "U.N."),
        ("Wofür steht die Abkürzung ÖBB?", "ÖBB"),
        ("Que signifie le sigle SNCF ?", "SNCF"),
        ("What does the A stand for in ATSB?", None),
        ("What might he stand for?", None),
        ("Who wrote the GIL?", None),
    ],
)
def test_questions_about_abbreviations_are_told_from_others(
    question: str, short: str | None
) -> None:
    assert abbreviation(question) == short


@pytest.mark.parametrize(
    ("short", "text", "long"),
    [
        ("GIL", "held by the global interpreter lock (GIL) of it", "global interpreter lock"),
        ("QED", "led to quantum electrodynamics (or QED), which", "quantum electrodynamics"),
        ("CFL", "Compact fluorescent lamps (aka 'CFLs') use", "Compact fluorescent lamps"),
        ("PAL", "PAL: Program-aided Language Models", "Program-aided Language Models"),
        ("SDK", "SDK: software development kit for Java", "software development kit"),
        ("FIS", "was the FIS or Front Islamique de Salut (the", "Front Islamique de Salut"),
        ("AI", "AI, short for artificial intelligence, is", "artificial intelligence"),
        ("USGS", "The U.S. Geological Survey (USGS) found", "U.S. Geological Survey"),
        ("BSoD", "a Blue Screen of Death (BSoD).", "Blue Screen of Death"),
        ("PATH", "the Port Authority Trans-Hudson (PATH)", "Port Authority Trans-Hudson"),
        (
            "MANPADS",
            'MANPADS ("Man Portable AD Systems": on a shoulder)',
            "Man Portable AD Systems",
        ),
        ("IR", "beyond red lies infrared (IR).", "infrared"),
        ("GIL", "They talked of locks. Each kept to itself (GIL).", None),
        ("GIL", "GILs and gills are other things", None),
    ],
)
def test_long_forms_are_found_beside_their_abbreviations(
    short: str, text: str, long: str | None
) -> None:
    found = [text[start:end] for start, end in expansions(short, text)]
    assert found == ([] if long is None else [long])


def test_words_with_those_letters_count_only_beside_the_abbreviation() -> None:
    assert mentions("CDS", "Credit default swaps were sold.") == []
    text = "Credit default swaps were sold. The basic CDS is a promise."
    assert [text[start:end] for start, end in mentions("CDS", text)] == ["Credit default swaps"]


def test_the_words_that_name_the_row_do_not_choose_the_column(searcher: lepton.Searcher) -> None:
    """They are like one head or another by chance."""
    asked: list[str] = []

    def alike(text: str, others: Sequence[str]) -> np.ndarray:
        asked.append(text)
        return np.array([float(name == "Berth") for name in others])

    def showing(text: str) -> Hit:
        return replace(hit, passage=replace(hit.passage, text=text, heading=""), title="")

    hit = searcher.search("trips")[0]
    text = "Boat | Berth | Fee\nBoat: Heron | Berth: B14 | Fee: 60"
    at = text.index("B14")
    spans = [(showing(text), at, at + 3), (showing(text), len(text) - 2, len(text))]
    assert meant("where does the Heron lie", spans, alike) == pytest.approx([2 / 3, -1 / 3])
    assert asked == ["where does the lie"]
    assert meant("where", [(showing("No rows."), 0, 2)], alike) == [0.0]
