"""What each question of a test set gave, and the values by which settings are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TOP = 5  # hits of a question that are looked through for its answer


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one question of a retrieval set gave: document ids, best first, and the measures."""

    id: str
    documents: tuple[str, ...]
    measures: Mapping[str, float]
    seconds: float
    question: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question of a SQuAD file gave. `certainty` is that of the answer, None without one.

    `found` is the rank of the first hit that holds an accepted answer, None when none of the TOP
    does. `left_out` is the confidence when the article that answers is left out of the search, None
    where that was not tried.
    """

    id: str
    answerable: bool
    answer: str  # empty: no answer given
    certainty: float | None
    confidence: float  # that the documents answer at all
    found: int | None
    exact: bool
    f1: float
    left_out: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    question: str = ""


Rows = Sequence[Ranking] | Sequence[Outcome]


def values(rows: Rows) -> dict[str, list[float]]:
    """By measure, the value of each question, in the rows' order: the means of these are what a
    report gives. Of a SQuAD file, the answerable questions alone.
    """
    found: dict[str, list[float]] = {}
    for row in rows:
        for name, value in _values(row).items():
            found.setdefault(name, []).append(value)
    return found


def counted(rows: Rows) -> list[Ranking | Outcome]:
    """The rows that `values` has values of."""
    return [row for row in rows if isinstance(row, Ranking) or row.answerable]


def _values(row: Ranking | Outcome) -> Mapping[str, float]:
    if isinstance(row, Ranking):
        return row.measures
    if not row.answerable:
        return {}
    return {
        "em": 100.0 * row.exact,
        "f1": 100.0 * row.f1,
        "hit@1": float(row.found == 1),
        f"hit@{TOP}": float(row.found is not None),
        "answered": float(row.answer != ""),
    }
