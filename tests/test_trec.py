"""Measures of rankings against trec_eval's own code, by pytrec_eval."""

from __future__ import annotations

import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from lepton_local.evaluation import metrics

MEASURES = {"ndcg_cut.1,10", "map", "recip_rank", "recall.1,10,100"}
DOCUMENTS = [f"d{number:03}" for number in range(130)]
JUDGED = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(-1, 3), min_size=1)
SCORED = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 20), min_size=1)
MANY = st.permutations(DOCUMENTS).map(lambda order: {name: -i for i, name in enumerate(order)})


@given(judged=JUDGED, scores=SCORED | MANY)
def test_measures_of_a_ranking_are_those_of_trec_eval(
    judged: dict[str, int], scores: dict[str, int]
) -> None:
    theirs = _theirs(judged, scores)
    # Of equal scores trec_eval takes the higher name first.
    ranked = sorted(scores, key=lambda name: (scores[name], name), reverse=True)
    grades = [judged.get(name, 0) for name in ranked]
    relevant, total = [grade > 0 for grade in grades], sum(g > 0 for g in judged.values())
    for k in (1, 10):
        ours = metrics.ndcg(grades, list(judged.values()), k)
        assert ours == pytest.approx(theirs[f"ndcg_cut_{k}"], abs=1e-9)
    for k in (1, 10, 100):
        assert metrics.recall(relevant, total, k) == pytest.approx(theirs[f"recall_{k}"])
    assert metrics.average_precision(relevant, total) == pytest.approx(theirs["map"])
    assert metrics.reciprocal_rank(relevant, len(ranked)) == pytest.approx(theirs["recip_rank"])
    first = _theirs(judged, {name: scores[name] for name in ranked[:10]})
    assert metrics.reciprocal_rank(relevant, 10) == pytest.approx(first["recip_rank"])


def _theirs(judged: dict[str, int], scores: dict[str, int]) -> dict[str, float]:
    run = {"q": {name: float(score) for name, score in scores.items()}}
    told: dict[str, float] = pytrec_eval.RelevanceEvaluator({"q": judged}, MEASURES).evaluate(run)[
        "q"
    ]
    return told
