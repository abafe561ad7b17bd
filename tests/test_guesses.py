"""What is shown where no answer is sure enough."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from lepton_local.cli.show import result_lines
from lepton_local.indexing import builder
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from lepton_local.types import GUESSES, LEAST_GUESS, Result
from tests.conftest import WordEncoder
from tests.test_search import Needle


def unsure(result: Result, *confidences: float) -> Result:
    """The result with its answer as often, so sure of each."""
    assert result.answer is not None
    answers = tuple(replace(result.answer, confidence=each) for each in confidences)
    return replace(result, answer=None, answers=answers)


def test_the_few_that_are_worth_a_look_are_guesses(
    tmp_path: Path, notes: Path, encoder: WordEncoder
) -> None:
    index = builder.build(notes, tmp_path / "index", encoder=encoder).index
    reader = Needle("3 May")
    result = Searcher(index, encoder=encoder, reranker=reader, reader=reader).answer(
        "when were the tomatoes planted?"
    )
    assert result.answer is not None
    assert result.guesses == ()
    assert unsure(result, LEAST_GUESS - 0.01).guesses == ()
    many = unsure(result, *([0.2] * GUESSES), 0.19, 0.1)
    assert many.guesses == many.answers[:GUESSES]
    told = [each["guess"] for each in result_record(many)["answers"]]
    assert told == [True] * GUESSES + [False, False]

    lines = [click.unstyle(line) for line in result_lines(many, index="i", answering=True)]
    assert lines[0] == "No sure answer in these documents."
    assert lines[1].startswith("perhaps 3 May (a guess, 20%: garden.txt")
    silent = result_lines(unsure(result, 0.1), index="i", answering=True)
    assert click.unstyle(next(silent)) == "No answer in these documents."
