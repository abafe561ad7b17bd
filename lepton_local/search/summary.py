"""A composed answer: a few sentences of several documents that together answer, each with its
place. Nothing is rephrased.

The judge reads each sentence of the best passages beside the question. Sentences are taken by
maximal marginal relevance (Carbonell and Goldstein, "The Use of MMR", SIGIR 1998,
https://doi.org/10.1145/290941.291025): the likeliest answer, less what it repeats of those taken
before. They stand as their documents do, the best first, and within one in its order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_local.errors import InputError
from lepton_local.search.answer import Proposal, Scored, cite
from lepton_local.search.fields import Fields
from lepton_local.search.found import Found
from lepton_local.search.hits import where
from lepton_local.search.stretch import NO_SIGNS, StretchJudge, probability, whole_sentences
from lepton_local.search.wants import SENTENCES
from lepton_local.store.names import TEXT
from lepton_local.types import Answer

PASSAGES = 6  # whose sentences are judged
MOST = 6  # sentences that are taken
CANDIDATES = 24  # sentences that are compared with each other
LEAST = 0.3  # how probably one answers
SAME = 0.9  # likeness from which two say the same
REPEATED = 0.5  # what likeness to one that was taken costs, of how probably another answers
# What leans on the sentence before it is not understood without; nor is what only announces.
_LEANS = re.compile(
    r"\W*(?:it|its|they|them|their|he|she|his|her|this|these|those|such|however|therefore|thus"
    r"|hence|also|moreover|furthermore|then|but|and|so|er|sie|es|dies\w*|jedoch|daher)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """Sentences that together answer, in the order in which they are read."""

    question: str
    sentences: tuple[Answer, ...]

    def __str__(self) -> str:
        told = [f"{' '.join(each.text.split())} [{n}]" for n, each in enumerate(self.sentences, 1)]
        places = [f"[{n}] {each.place}" for n, each in enumerate(self.sentences, 1)]
        return "\n".join([" ".join(told), "", *places])


def summary(found: Found, fields: Fields, *, most: int = MOST) -> Summary:
    """Up to `most` sentences of what was found; none where none is likely to answer. Raises
    InputError where there is no judge.
    """
    told = candidates(found)
    if not told:
        return Summary(found.result.question, ())
    vectors = fields.encoder(TEXT).encode([each.text for each in told])
    like = fields.likeness({TEXT: (vectors @ vectors.T).ravel()}).reshape(len(told), -1)
    chosen = marginal(np.array([each.confidence for each in told]), like, most=most)
    return Summary(found.result.question, tuple(readable([told[n] for n in chosen])))


def candidates(found: Found) -> list[Answer]:
    """The likeliest sentences of the best passages, each once, best first."""
    reranker = found.ask.reranker
    told: dict[tuple[str, str, int], Answer] = {}
    if reranker is None:
        raise InputError(
            "a summary needs a judge that reads the language of the question",
            advice="leave --no-rerank out, or name one with --reranker",
        )
    for hit in found.head[:PASSAGES]:
        judge = StretchJudge(found, hit, reranker)
        single, text = whole_sentences(hit.passage.text), hit.passage.text
        marks, at = found.marks[hit.index, where(hit)], hit.passage.start
        for (start, end), good in zip(single, judge(single), strict=True):
            sure = probability(good)
            alone = text[end - 1] not in ":?" and not _LEANS.match(text, start)
            if alone and sure >= LEAST:
                span = at + start, at + end, text[start:end]
                one = cite(Scored(Proposal(hit, marks, *span, NO_SIGNS, good), sure))
                place = hit.root, hit.passage.document, at + start
                told.setdefault(place, replace(one, kind=SENTENCES))  # passages overlap
    return sorted(told.values(), key=lambda each: -each.confidence)[:CANDIDATES]


def marginal(worth: np.ndarray, like: np.ndarray, *, most: int) -> list[int]:
    """Which of n are taken, in this order. worth (n,): how good each is; like (n, n): how much one
    repeats another.
    """
    taken: list[int] = []
    said = np.zeros(len(worth))
    while len(taken) < most:
        left = np.where(said < SAME, worth - REPEATED * worth * said, -np.inf)
        left[taken] = -np.inf
        best = int(left.argmax())
        if left[best] == -np.inf:
            break
        taken.append(best)
        said = np.maximum(said, like[best])
    return taken


def readable(chosen: Sequence[Answer]) -> list[Answer]:
    """In the order of documents, that of the best sentence first, and of places in them."""
    rank: dict[tuple[str, str], int] = {}
    for each in chosen:
        rank.setdefault((each.hit.root, each.hit.passage.document), len(rank))
    return sorted(
        chosen, key=lambda each: (rank[each.hit.root, each.hit.passage.document], each.start)
    )
