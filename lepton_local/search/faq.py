"""Stored answers: of the questions that stand in the documents above their answers, those that mean
what somebody asks.

How near a question is to a stored one, and how near it is to that and its answer together, are two
opinions; the better one counts, since people ask now for the question and now for what is said of
it (Sakata et al. 2019, https://doi.org/10.1145/3331184.3331326, keep the two apart as well).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lepton_local.config import SearchConfig
from lepton_local.corpus.stored import stored_question
from lepton_local.models.roles import Encoder
from lepton_local.models.scale import Scale, on_common_scale
from lepton_local.search.context import section
from lepton_local.search.fields import with_questions
from lepton_local.search.follow import Turn, carry, complete
from lepton_local.search.marked import MARKED
from lepton_local.search.mined import below
from lepton_local.store.index import Index
from lepton_local.store.names import QUESTION
from lepton_local.types import Hit

CANDIDATES = 60  # passages whose questions are compared
EVER = "after:0001"
SHOWN = 3  # entries: the answer, and the two that follow
# How probably an entry answers what was asked: a line in its score, in logits. Fitted to 949
# questions of StackFAQ, and to 120 of CoSQA and CISI, which it does not answer.
SLOPE, INTERCEPT = 21.3, -11.4
SURE = 0.5  # below it a person is to be asked
NEAR = 0.05  # of two entries that are sure and so little apart, either may be meant


class Asked(Protocol):
    """What is asked of a searcher; `Searcher` is one, without a judge."""

    index: Index

    @property
    def encoder(self) -> Encoder:
        """That of the texts."""
        ...

    def search(self, question: str, *, k: int = 10, filters: Sequence[str] = ()) -> list[Hit]:
        """The best passages, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A question that is answered, and the whole of its answer; `hit` is the passage of it that was
    found.
    """

    question: str
    answer: str
    confidence: float  # probability that it is what was asked for, 0 to 1
    score: float
    hit: Hit

    @property
    def line(self) -> int:
        """Where the question stands, or the passage that was found."""
        passage = self.hit.passage
        at = passage.text.find(self.question)
        return passage.line + passage.text.count("\n", 0, max(at, 0))


@dataclass(frozen=True, slots=True)
class Reply:
    """The entries nearest to a question, best first."""

    question: str
    entries: tuple[Entry, ...]
    carried: tuple[str, ...] = ()  # words of the question before that were asked along with it

    @property
    def answer(self) -> Entry | None:
        """The first, if it is sure enough; without one, a person is to be asked."""
        first = next(iter(self.entries), None)
        return first if first is not None and first.confidence >= SURE else None

    @property
    def unclear(self) -> bool:
        """Whether the first two are as likely meant, and say different things."""
        if len(self.entries) < 2:
            return False
        one, two = self.entries[:2]
        sure = min(one.confidence, two.confidence) >= SURE
        return sure and one.confidence - two.confidence < NEAR and one.answer != two.answer


def plainly(config: SearchConfig, index: Index) -> SearchConfig:
    """The same settings for finding the stored questions of an index, by their own vectors too: a
    judge of passages loses here, and answers that are stored twice have two questions.
    """
    fields = with_questions(index, config.fields)
    return replace(config, fields=fields, rerank=False, answer=False, fold=False)


def reply(
    searcher: Asked,
    question: str,
    *,
    k: int = SHOWN,
    filters: Sequence[str] = (),
    before: str = "",
) -> Reply:
    """The `k` entries nearest to a question. before: what was asked before it, which it may lean on
    ("and for books?"). Raises InputError for a blank one, or an unknown filter.
    """
    carried = tuple(each.word for each in carry(question, [Turn(before)] if before else []))
    found = best_entries(searcher, complete(question, carried), filters=filters)[:k]
    entries = []
    for score, stored, hit in found:
        answer = below(section(searcher.index, hit), hit.passage.heading, stored)
        entries.append(Entry(stored, answer, confidence(score), score, hit))
    return Reply(question, tuple(entries), carried)


def best_entries(
    searcher: Asked, question: str, *, filters: Sequence[str] = ()
) -> list[tuple[float, str, Hit]]:
    """Score, stored question and best passage of the entries among the best passages, best
    first.
    """
    # "May I pay by card today?" asks nothing of the days of documents.
    hits = searcher.search(question, k=CANDIDATES, filters=(*filters, EVER))
    entries = [(words, hit) for hit in hits if (words := stored_question_of(hit))]
    likeness = _likeness(searcher, question, entries)
    best: dict[tuple[str, str, str], tuple[float, str, Hit]] = {}
    for words, hit in entries:
        score = max(likeness[words], _vote(hit, "fused", hit.score)) + _vote(hit, MARKED, 0.0)
        entry = hit.root, hit.passage.document, words
        if entry not in best or score > best[entry][0]:
            best[entry] = score, words, hit
    # Equal questions differ by what else speaks for their answers.
    return sorted(best.values(), key=lambda each: (-each[0], -_vote(each[2], "fused", 0.0)))


def stored_question_of(hit: Hit) -> str:
    """The question that a passage answers, or nothing."""
    return stored_question(hit.passage.heading, hit.metadata)


def _likeness(
    searcher: Asked, question: str, entries: Sequence[tuple[str, Hit]]
) -> dict[str, float]:
    """How like a question is to each stored one, on the common scale: by its vector in the index,
    and only where there is none by one that is made now.
    """
    cosines = {words: _vote(hit, QUESTION, np.nan) for words, hit in entries}
    lacking = sorted(words for words, cosine in cosines.items() if np.isnan(cosine))
    if lacking:
        vector, *others = searcher.encoder.encode([question, *lacking], kind="question")
        own = np.array(others, dtype=np.float64) @ vector.astype(np.float64)
        cosines |= dict(zip(lacking, own.tolist(), strict=True))
    made = searcher.index.manifest.encoder
    near = on_common_scale(np.array(list(cosines.values())), Scale(made.unrelated, made.related))
    return dict(zip(cosines, near.tolist(), strict=True))


def confidence(score: float) -> float:
    """How probably an entry of this score answers what was asked."""
    return float(1 / (1 + np.exp(-(SLOPE * score + INTERCEPT))))


def _vote(hit: Hit, stage: str, otherwise: float) -> float:
    return next((vote.score for vote in hit.why if vote.stage == stage), otherwise)
