"""A report of rows: what `lepton-search eval` prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from lepton_local.evaluation import metrics
from lepton_local.evaluation.rows import TOP, Outcome, Ranking, Rows


def summarise(rows: Rows) -> dict[str, Any]:
    """The report of either kind of rows."""
    rankings = [row for row in rows if isinstance(row, Ranking)]
    if rankings:
        return summarise_rankings(rankings)
    return summarise_answers([row for row in rows if isinstance(row, Outcome)])


def summarise_rankings(rows: Sequence[Ranking]) -> dict[str, Any]:
    """Means over the questions."""
    report: dict[str, Any] = {"queries": len(rows)}
    for name in rows[0].measures:
        report[name] = round(fmean(row.measures[name] for row in rows), 4)
    report["seconds"] = {"total": round(fmean(row.seconds for row in rows), 5)}
    return report


def summarise_answers(rows: Sequence[Outcome]) -> dict[str, Any]:
    """Figures over the answerable questions; `abstained` is about the others.

    `auroc` sets confidences of answerable questions against those of unanswerable ones, or else
    against those with the article left out; None where there is neither.
    """
    asked = [row for row in rows if row.answerable]
    others = [row for row in rows if not row.answerable]
    negative = [row.confidence for row in others]
    negative += [row.left_out for row in rows if row.left_out is not None]
    area = metrics.auroc([row.confidence for row in asked], negative)
    report: dict[str, Any] = {
        "questions": len(asked),
        "em": round(100 * _mean(row.exact for row in asked), 2),
        "f1": round(100 * _mean(row.f1 for row in asked), 2),
        "hit@1": round(_mean(row.found == 1 for row in asked), 4),
        f"hit@{TOP}": round(_mean(row.found is not None for row in asked), 4),
        "answered": round(_mean(row.answer != "" for row in asked), 4),
        "auroc": None if area is None else round(area, 4),
    }
    if others:
        report["unanswerable"] = len(others)
        report["abstained"] = round(_mean(row.answer == "" for row in others), 4)
    stages = dict.fromkeys(stage for row in rows for stage in row.seconds)
    report["seconds"] = {
        stage: round(_mean(row.seconds.get(stage, 0.0) for row in rows), 5) for stage in stages
    }
    return report


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return fmean(listed) if listed else 0.0
