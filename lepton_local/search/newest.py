"""What is newest of what fits a question about as well: a question for the latest of something asks
for that, and not for the passage that says most about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.search.answer import Proposal
from lepton_local.search.hits import where
from lepton_local.types import Hit

EQUAL = 0.5  # share of the best passage's relevance from which another one fits about as well
RIVAL = 2.0  # logits between spans that may both be meant
AHEAD = 5  # times as many candidates are looked at: the newest may be any of the equal ones


def newest_first(hits: Sequence[Hit]) -> list[Hit]:
    """Those that fit about as well as the best by their days, the newest first, then the others."""
    equal = _equal(hits)
    order = sorted(equal, key=lambda at: hits[at].date, reverse=True)
    return [hits[at] for at in [*order, *sorted({*range(len(hits))} - {*equal})]]


def worth_judging(hits: Sequence[Hit], depth: int) -> list[int]:
    """Numbers of the hits for a judge that looks at the first `depth`: half of these are the best,
    the others the newest of those that fit about as well.
    """
    best = [*range(len(hits))][: depth // 2]
    equal = sorted({*_equal(hits)} - {*best}, key=lambda at: hits[at].date, reverse=True)
    head = sorted([*best, *equal[: depth - len(best)]])
    return [*head, *sorted({*range(len(hits))} - {*head})]


def newest_spans(spans: Sequence[Proposal], hits: Sequence[Hit]) -> list[Proposal]:
    """The spans without those that a newer passage, which fits as well, answers otherwise. hits:
    the passages that they stand in, with their relevance.
    """
    equal = {(hits[at].index, where(hits[at])) for at in _equal(hits)}
    rivals = [
        at
        for at, each in enumerate(spans)
        if spans[0].strength - each.strength <= RIVAL and (each.hit.index, where(each.hit)) in equal
    ]
    last = max((spans[at].hit.date for at in rivals), default="")
    older = {at for at in rivals if spans[at].hit.date < last}
    return [each for at, each in enumerate(spans) if at not in older]


def _equal(hits: Sequence[Hit]) -> list[int]:
    """Numbers of the hits that fit about as well as the best."""
    least = EQUAL * max((hit.relevance for hit in hits), default=0.0)
    return [at for at, hit in enumerate(hits) if hit.relevance >= least]
