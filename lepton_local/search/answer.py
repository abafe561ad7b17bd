"""Spans that a reader proposes in several passages become cited answers with a confidence, or none.

Spans are merged where they overlap in the same document (neighbouring passages share sentences),
and the same words found in several places support each other. Confidence is a logistic function of
few features.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_local.corpus.sentences import sentences
from lepton_local.models.roles import Reading
from lepton_local.types import Answer, Hit, Mark

THRESHOLD = 0.5  # below this confidence there is no answer
MOST_ANSWERS = 5
PER_PASSAGE = 3  # spans of one passage that are looked at


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span in one hit. `gain` is how far the span's score lies above the passage's null score, in
    logits.
    """

    hit: Hit
    start: int  # in the document's canonical text
    end: int
    text: str
    gain: float

    @property
    def words(self) -> str:
        """The answer without case, articles and punctuation: what two places must share to be the
        same answer.
        """
        plain = re.sub(r"\b(a|an|the)\b|[^\w\s]", " ", self.text.casefold())
        return " ".join(plain.split()) or self.text


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer's best place and its confidence."""

    candidate: Candidate
    confidence: float


def candidates(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Candidate]:
    """Every span that is looked at; of spans that overlap in a document only the best stays."""
    found = [
        Candidate(
            hit,
            hit.passage.start + span.start,
            hit.passage.start + span.end,
            hit.passage.text[span.start : span.end],
            span.score - reading.null,
        )
        for hit, reading in zip(hits, readings, strict=True)
        for span in reading.spans[:PER_PASSAGE]
    ]
    found.sort(key=lambda c: (-(c.gain + c.hit.score), c.hit.path, c.start, c.end))
    kept: list[Candidate] = []
    for each in found:
        if not any(_overlap(each, other) for other in kept):
            kept.append(each)
    return kept


def score(found: Sequence[Candidate]) -> list[Scored]:
    """Answers, best first: one for each different wording."""
    groups: dict[str, list[Candidate]] = {}
    for each in found:
        groups.setdefault(each.words, []).append(each)
    scored = []
    for group in groups.values():
        confidence = 1.0
        for each in group:
            confidence *= 1.0 - probability(each.gain, each.hit.score)
        scored.append(Scored(group[0], 1.0 - confidence))
    return sorted(scored, key=lambda s: (-s.confidence, s.candidate.hit.path, s.candidate.start))


def probability(gain: float, relevance: float) -> float:
    """How likely one span answers the question: gain in logits, relevance the hit's final score in
    0 … 1.
    """
    return 1.0 / (1.0 + math.exp(-(0.4 * gain + 4.0 * relevance - 4.0)))


def cite(scored: Scored, marks: Sequence[Mark]) -> Answer:
    """The answer with its place: mark, line, column and the sentence around it. marks: the
    document's, sorted.
    """
    each = scored.candidate
    passage = each.hit.passage
    start, end = each.start - passage.start, each.end - passage.start
    before = passage.text[:start]
    newline = before.rfind("\n")
    return Answer(
        text=each.text,
        start=each.start,
        end=each.end,
        confidence=scored.confidence,
        mark=next(
            (mark.label for mark in reversed(marks) if mark.start <= each.start), passage.mark
        ),
        line=passage.line + before.count("\n"),
        column=start - newline if newline >= 0 else passage.column + start,
        quote=quote(passage.text, start, end),
        hit=each.hit,
    )


def quote(text: str, start: int, end: int) -> str:
    """The sentence, or sentences, of `text` around the words from `start` to `end`."""
    around = [(first, last) for first, last in sentences(text) if first < end and last > start]
    return text[around[0][0] : around[-1][1]].strip() if around else text[start:end]


def _overlap(one: Candidate, other: Candidate) -> bool:
    same = (one.hit.root, one.hit.passage.document) == (other.hit.root, other.hit.passage.document)
    return same and one.start < other.end and other.start < one.end
