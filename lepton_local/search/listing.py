"""Which of the passages that were found are listed, and in what order."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from lepton_local.config import SearchConfig
from lepton_local.models.roles import Encoder
from lepton_local.search.fuse import relevance
from lepton_local.searched import Term
from lepton_local.types import Hit

SORTS = ("score", "date")
KNOWN = 0.2  # share of a question's weight that is worth a search
# Relevance, before they are judged, of passages that are near in meaning: at least, and where the
# encoder knows no word of the question but letters and splinters, near to anything by chance.
NEAR, NEAR_SPLINTERS = 0.015, 0.06
SPLINTERS = 2.3  # letters a word piece, at most: "xqz-t", not "phys-io-therapist"


def listed(hits: Sequence[Hit], *, k: int, skip: int, config: SearchConfig) -> list[Hit]:
    """The `k` best after the first `skip` of those that are relevant enough, no more of a file
    than the config allows; the recent before others, or by date, if they are to be sorted so.
    """
    fit = [hit for hit in hits if hit.relevance >= config.min_score]
    if config.recent:
        today = datetime.date.today()
        fit.sort(key=lambda hit: -hit.relevance * faded(hit.date, today, config.recent))
    page = at_most(fit, config.per_file)[skip : skip + k]
    if config.sort == "date":
        page.sort(key=lambda hit: hit.date, reverse=True)  # the better first of equals
    return page


def faded(day: str, today: datetime.date, half_life: float) -> float:
    """What is left, 1 to 0, of the worth of a document of a day (ISO 8601) that halves in so many
    days. One that is dated ahead has all of its worth.
    """
    age = (today - datetime.date.fromisoformat(day[:10])).days
    return float(0.5 ** (max(age, 0) / half_life))


def weighed(hits: Sequence[Hit], *, mode: str, judged: bool) -> list[Hit]:
    """The same hits, each with its relevance; `judged`: a reranker had its say in their scores."""
    found = relevance(np.array([hit.score for hit in hits]), mode=mode, judged=judged)
    return [replace(hit, relevance=each) for hit, each in zip(hits, found.tolist(), strict=True)]


def nothing_like(
    question: str, terms: Sequence[Term], hits: Sequence[Hit], encoders: Iterable[Encoder]
) -> bool:
    """Whether a question has no telling word in common with any document, and no meaning either:
    what is nearest to letters that mean nothing is not worth showing. hits: before they are judged.
    """
    weight = sum(term.weight for term in terms)
    known = sum(term.weight for term in terms if term.passages)
    letters = sum(map(str.isalnum, question))
    splinters = all(letters < SPLINTERS * len(each.spans(question)) for each in encoders)
    least = NEAR_SPLINTERS if splinters else NEAR
    return known < KNOWN * weight and all(hit.relevance < least for hit in hits)


def at_most(hits: Sequence[Hit], per_file: int) -> list[Hit]:
    """The hits, of each file the first `per_file`; all for 0. A row, a message or a member of an
    archive counts as a file.
    """
    if not per_file:
        return list(hits)
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for hit in hits:
        file = hit.root, hit.passage.document
        seen[file] += 1
        if seen[file] <= per_file:
            kept.append(hit)
    return kept
