"""Stored answers: of the questions that stand in the documents above their answers, those that mean
what somebody asks.

How near a question is to a stored one, and how near it is to that and its answer together, are two
opinions; the better one counts, since people ask now for the question and now for what is said of
it (Sakata et al. 2019, https://doi.org/10.1145/3331184.3331326, keep the two apart as well).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lepton_local.config import SearchConfig
from lepton_local.corpus.headings import asked
from lepton_local.models.roles import Encoder
from lepton_local.models.scale import Scale, on_common_scale
from lepton_local.search.context import section
from lepton_local.search.follow import Turn, carry, complete
from lepton_local.search.mined import PAIR, below
from lepton_local.store.index import Index
from lepton_local.types import Hit

CANDIDATES = 60  # passages whose questions are compared
EVER = "after:0001"
_BLOCK = 4096  # passages that are looked at together
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


def plainly(config: SearchConfig) -> SearchConfig:
    """The same settings for finding stored questions: a judge of passages loses here, and answers
    that are stored twice have two questions.
    """
    return replace(config, rerank=False, answer=False, fold=False)


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
    stored = [stored_question(hit) for hit in hits]
    asked_for = sorted(set(filter(None, stored)))
    if not asked_for:
        return []
    encoder = searcher.encoder
    vector = encoder.encode([question], kind="question")[0].astype(np.float64)
    made = searcher.index.manifest.encoder
    cosines = encoder.encode(asked_for, kind="question").astype(np.float64) @ vector
    near = on_common_scale(cosines, Scale(made.unrelated, made.related))
    likeness = dict(zip(asked_for, near.tolist(), strict=True))
    best: dict[tuple[str, str, str], tuple[float, str, Hit]] = {}
    for words, hit in zip(stored, hits, strict=True):
        if words:
            score = max(likeness[words], _fused(hit))
            entry = hit.root, hit.passage.document, words
            if entry not in best or score > best[entry][0]:
                best[entry] = score, words, hit
    # Equal questions differ by what else speaks for their answers.
    return sorted(best.values(), key=lambda each: (-each[0], -_fused(each[2])))


def stored_question(hit: Hit) -> str:
    """The question that a passage answers: of a row that is a pair its own, else the heading above
    it, if that asks.
    """
    return hit.metadata.get(PAIR, "") or asked(hit.passage.heading)


def confidence(score: float) -> float:
    """How probably an entry of this score answers what was asked."""
    return float(1 / (1 + np.exp(-(SLOPE * score + INTERCEPT))))


def _fused(hit: Hit) -> float:
    return next((vote.score for vote in hit.why if vote.stage == "fused"), hit.score)


@dataclass(frozen=True, slots=True)
class Stored:
    """A question that stands in a document."""

    question: str
    document: str
    line: int
    answer: str  # what stands below it, or the first passage of that


def near_duplicates(
    index: Index, encoder: Encoder, *, least: float
) -> list[tuple[float, Stored, Stored]]:
    """Pairs of stored questions with a cosine of `least` or more, the nearest first."""
    entries = list(stored_questions(index))
    if len(entries) < 2:
        return []
    vectors = encoder.encode([each.question for each in entries], kind="question")
    vectors = vectors.astype(np.float64)
    found = []
    for number, vector in enumerate(vectors[:-1]):
        cosines = vectors[number + 1 :] @ vector
        for other in np.flatnonzero(cosines >= least).tolist():
            found.append((float(cosines[other]), entries[number], entries[number + 1 + other]))
    return sorted(found, key=lambda each: -each[0])


def stored_questions(index: Index) -> Iterator[Stored]:
    """Every question that stands above its answer, once a document, in the order of the index."""
    rows = np.flatnonzero(np.concatenate([np.zeros(0, dtype=bool), *index.live]))
    seen: set[tuple[int, str]] = set()
    columns = ["document", "line", "heading", "text"]
    for first in range(0, len(rows), _BLOCK):
        passages = index.take_passages(rows[first : first + _BLOCK], columns).to_pylist()
        numbers = np.array([each["document"] for each in passages], dtype=np.int64)
        documents = index.take_documents(numbers, ["path", "key", "metadata"]).to_pylist()
        for passage, document in zip(passages, documents, strict=True):
            told = json.loads(document["metadata"]).get(PAIR, "")
            words = told or asked(passage["heading"])
            if words and (entry := (passage["document"], words)) not in seen:
                seen.add(entry)
                key = document["key"]
                name = f"{document['path']}#{key}" if key else document["path"]
                answer = below(passage["text"], passage["heading"], words)
                yield Stored(words, name, passage["line"], answer)
