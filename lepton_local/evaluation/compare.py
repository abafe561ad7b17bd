"""Two settings, or two indexes, asked the same questions: where they differ, and by how much more
than chance would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from lepton_local.evaluation.chance import interval, paired
from lepton_local.evaluation.rows import Outcome, Ranking, Rows, counted, values
from lepton_local.evaluation.summary import summarise

SHOWN = 10  # documents of a question that a comparison names
_LEADING = ("ndcg@10", "f1")  # the measures that questions are sorted by


@dataclass(frozen=True, slots=True)
class Measured:
    """What a searcher gave for a test set."""

    rows: Rows

    def report(self) -> dict[str, Any]:
        """The figures, and by measure the interval in which its mean lies (95 %)."""
        found = {name: interval(each) for name, each in values(self.rows).items()}
        told = {name: [round(end, 4) for end in each] for name, each in found.items() if each}
        return {**summarise(self.rows), "intervals": told}

    def each(self) -> list[dict[str, Any]]:
        """Every question that was counted, with its values and what was found: the worst first."""
        by_measure = values(self.rows)
        told = [
            {
                "id": row.id,
                "question": row.question,
                **{name: round(each[number], 4) for name, each in by_measure.items()},
                **_found(row),
            }
            for number, row in enumerate(counted(self.rows))
        ]
        leading = _leading(by_measure)
        return sorted(told, key=lambda each: float(str(each[leading])))


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one measure: the second's mean less the first's, the interval in which that lies, how
    probable it is by chance alone, and for how many questions the second is better or worse.
    """

    mean: float
    interval: tuple[float, float] | None
    p: float
    better: int
    worse: int


def compare(first: Measured, second: Measured) -> dict[str, Any]:
    """What the second of two measurements of the same set has changed: `differences` by measure,
    and `changes`, the questions that are not answered alike, those that changed most first.
    """
    one, two = values(first.rows), values(second.rows)
    leading = _leading(one)
    found = {}
    for name, each in one.items():
        moved = [after - before for before, after in zip(each, two[name], strict=True)]
        ends = interval(moved)
        told = Difference(
            round(fmean(moved), 4),
            None if ends is None else (round(ends[0], 4), round(ends[1], 4)),
            round(paired(moved), 4),
            sum(value > 0 for value in moved),
            sum(value < 0 for value in moved),
        )
        found[name] = asdict(told)
    changes = []
    rows = zip(counted(first.rows), counted(second.rows), strict=True)
    for number, (before, after) in enumerate(rows):
        was, now = _found(before), _found(after)
        difference = two[leading][number] - one[leading][number]
        if was != now or difference:
            changes.append(
                {
                    "id": before.id,
                    "question": before.question,
                    "difference": round(difference, 4),
                    "before": {leading: round(one[leading][number], 4), **was},
                    "after": {leading: round(two[leading][number], 4), **now},
                }
            )
    changes.sort(key=lambda each: abs(float(str(each["difference"]))), reverse=True)
    return {"measure": leading, "differences": found, "changes": changes}


def _found(row: Ranking | Outcome) -> dict[str, Any]:
    if isinstance(row, Ranking):
        return {"documents": list(row.documents[:SHOWN])}
    return {"answer": row.answer, "found": row.found}


def _leading(by_measure: Mapping[str, object]) -> str:
    return next(name for name in _LEADING if name in by_measure)
