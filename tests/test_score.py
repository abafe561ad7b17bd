"""A reader alone, scored as SQuAD counts."""

from __future__ import annotations

from typing import Any

from lepton_local.evaluation.datasets import Question
from lepton_local.models.roles import PassageText, Reading, Span
from lepton_local.train.score import score_reader


class FixedReader:
    """A reader that answers from a table: question -> (words, gain)."""

    name = "fixed"
    digest = "sha256:fixed"

    def __init__(self, table: dict[str, tuple[str, float]]) -> None:
        self._table = table

    def read(self, question: str, passages: list[PassageText]) -> list[Reading]:
        words, gain = self._table[question]
        at = passages[0].text.index(words)
        return [Reading(null=0.0, spans=(Span(at, at + len(words), gain),))]


def test_a_reader_is_scored_as_squad_counts() -> None:
    text = "The heron of 1889 eats fish and frogs."
    reader: Any = FixedReader({"a": ("1889", 2.0), "b": ("fish", -1.0), "c": ("frogs", -2.0)})
    asked = [
        Question("1", "a", ("1889",), "T", text),
        Question("2", "b", ("fish and frogs",), "T", text),
    ]
    report = score_reader(reader, asked)
    assert (report["em"], report["f1"]) == (50.0, 75.0)
    assert report["kinds"]["number"]["em"] == 100.0
    report = score_reader(reader, [*asked, Question("3", "c", (), "T", text)])
    assert report["has_answer"] == {"questions": 2, "em": 50.0, "f1": 50.0}
    assert report["no_answer"]["em"] == 100.0
    assert report["auroc"] == 1.0
