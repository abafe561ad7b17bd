"""What a search would find, had it learnt this or that: asked through the engine itself, without
what is kept of the same questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.evaluation.metrics import ndcg
from lepton_local.evaluation.rows import Ranking
from lepton_local.models.calibration import Calibration
from lepton_local.models.roles import Floats, PassageText, Reranker
from lepton_local.search.lessons import Lessons
from lepton_local.search.searcher import Searcher
from lepton_local.types import Hit, Progress

DEPTH, MEASURE = 10, "ndcg@10"  # passages by which a ranking is valued


class Remembering:
    """A judge that reads no passage twice for a question: of the settings that are tried, most find
    the same passages.
    """

    def __init__(self, judge: Reranker) -> None:
        self.name, self.digest, self.languages = judge.name, judge.digest, judge.languages
        self.calibration: Calibration = judge.calibration
        self._judge = judge
        self._known: dict[tuple[str, PassageText], float] = {}

    def score(self, question: str, passages: Sequence[PassageText]) -> Floats:
        """One logit a passage, (n,)."""
        new = [each for each in dict.fromkeys(passages) if (question, each) not in self._known]
        if new:
            told = self._judge.score(question, new).tolist()
            self._known |= {(question, each): logit for each, logit in zip(new, told, strict=True)}
        return np.array([self._known[question, each] for each in passages], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, what it should find, and how a hit is named."""

    question: str
    good: frozenset[str]
    name: Callable[[Hit], str]
    filters: tuple[str, ...] = ()


class Trial:
    """A searcher that is asked the same questions with one setting after another."""

    def __init__(self, searcher: Searcher, progress: Progress | None = None) -> None:
        """searcher: its judge and what it has learnt are replaced."""
        self.searcher = searcher
        self._progress = progress
        self._known: dict[Lessons, dict[Wanted, Ranking]] = {}
        if searcher.config.rerank:
            searcher.reranker = Remembering(searcher.reranker)

    def hits(self, asked: Wanted, lessons: Lessons, k: int = DEPTH) -> Sequence[Hit]:
        """The best `k` passages."""
        self.searcher.learnt = lessons
        return self.searcher.ranking(asked.question, k=k, filters=asked.filters)

    def rankings(self, asked: Sequence[Wanted], lessons: Lessons) -> list[Ranking]:
        """What each question finds, and its nDCG@10; nothing is asked twice."""
        known = self._known.setdefault(lessons, {})
        new = [each for each in asked if each not in known]
        for number, each in enumerate(new, 1):
            known[each] = self._ranked(each, lessons)
            if self._progress is not None:
                self._progress("ask", number, len(new))
        return [known[each] for each in asked]

    def value(self, asked: Sequence[Wanted], lessons: Lessons) -> float:
        """The mean nDCG@10."""
        return float(values(self.rankings(asked, lessons)).mean()) if asked else 0.0

    def _ranked(self, asked: Wanted, lessons: Lessons) -> Ranking:
        hits = self.hits(asked, lessons, 2 * DEPTH)
        gains = [float(name in asked.good) for name in dict.fromkeys(map(asked.name, hits))]
        documents = tuple(dict.fromkeys(hit.passage.document for hit in hits))
        gained = {MEASURE: ndcg(gains, [1.0] * len(asked.good), DEPTH)}
        return Ranking(asked.question, documents, gained, 0.0, asked.question)


def values(rankings: Sequence[Ranking]) -> np.ndarray:
    """(n,): the nDCG@10 of each."""
    return np.array([each.measures[MEASURE] for each in rankings])
