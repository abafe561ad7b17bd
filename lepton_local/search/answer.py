"""Spans that a reader proposes in several passages become cited answers with a confidence, or none.

Spans that overlap in a document are one (neighbouring passages share sentences), and the same words
found in several places support each other. The constants are fitted on training questions of SQuAD,
which no reported figure uses; see benchmarks/runs for how.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.models.roles import Reading
from lepton_local.types import Answer, Hit, Mark, Passage

THRESHOLD = 0.3  # below this confidence there is no answer; 94 % of those left out are wrong
MOST_ANSWERS = 5
LONGEST_QUOTE = 300  # code points
PER_PASSAGE = 3  # spans of one passage that are looked at
RETRIEVAL = 24.0  # logits that a hit's final score, 0 to 1, adds to its spans
SLOPE, BIAS = 0.25, -4.52  # from an answer's strength in logits to the logit of its being right


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span in one hit, at `start` to `end` of the document's canonical text."""

    hit: Hit
    start: int
    end: int
    text: str
    gain: float  # logits by which the span's score lies above the passage's null score

    @property
    def strength(self) -> float:
        """How much speaks for the span, in logits: what the reader says, and where it was found."""
        return self.gain + RETRIEVAL * self.hit.score


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer's best place and its confidence."""

    candidate: Candidate
    confidence: float


def candidates(
    question: str,
    hits: Sequence[Hit],
    readings: Sequence[Reading],
    marks: Sequence[Sequence[Mark]],
) -> list[Candidate]:
    """Spans by falling strength; of those that overlap in a document only the best.

    Left out are echoes, which say nothing that the question does not, and headings, which announce
    an answer but are none. marks: of each hit's document, sorted.
    """
    asked = set(terms(question))
    found = [
        Candidate(
            hit,
            hit.passage.start + span.start,
            hit.passage.start + span.end,
            hit.passage.text[span.start : span.end],
            span.score - reading.null,
        )
        for hit, reading, places in zip(hits, readings, marks, strict=True)
        for span in reading.spans[:PER_PASSAGE]
        if not _in_heading(hit.passage, hit.passage.start + span.start, places)
    ]
    found.sort(key=lambda c: (-c.strength, c.hit.path, c.start, c.end))
    kept: list[Candidate] = []
    for each in found:
        echo = asked.issuperset(terms(each.text))
        if not echo and not any(_overlap(each, other) for other in kept):
            kept.append(each)
    return kept


def score(found: Sequence[Candidate]) -> list[Scored]:
    """Answers, best first: one for each different wording, at its strongest place.

    found: by falling strength, as `candidates` gives them.
    """
    groups: dict[tuple[str, ...], list[Candidate]] = {}
    for each in found:
        groups.setdefault(tuple(plain_words(each.text)), []).append(each)
    scored = [
        Scored(group[0], confidence([c.strength for c in group])) for group in groups.values()
    ]
    return sorted(scored, key=lambda s: (-s.confidence, s.candidate.hit.path, s.candidate.start))


def confidence(strengths: Sequence[float]) -> float:
    """Probability that an answer is right, from its strength at every place, the best one first.

    Each further place adds a little, less the weaker it is; then Platt scaling: Platt,
    "Probabilistic Outputs for Support Vector Machines" (1999).
    """
    support = sum(1 / (1 + math.exp((strengths[0] - each) / 3)) for each in strengths[1:])
    strength = strengths[0] + math.log1p(support)
    return 1 / (1 + math.exp(-(SLOPE * strength + BIAS)))


def plain_words(text: str) -> list[str]:
    """Words without case, articles and punctuation: what two places of one answer share."""
    return [word for word in re.findall(r"\w+", text.casefold()) if word not in ("a", "an", "the")]


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
    """The sentence, or sentences, of `text` around the words from `start` to `end`; of a long one
    (a table, a line of data) only what stands nearby.
    """
    around = [(first, last) for first, last in sentences(text) if first < end and last > start]
    first, last = (around[0][0], around[-1][1]) if around else (start, end)
    if last - first > LONGEST_QUOTE:
        margin = max(0, LONGEST_QUOTE - (end - start)) // 2
        if start - margin > first:
            first = text.find(" ", start - margin, start) + 1 or start
        if end + margin < last:
            last = text.rfind(" ", end, end + margin)
            last = last if last >= end else end
    return text[first:last].strip()


def _in_heading(passage: Passage, place: int, marks: Sequence[Mark]) -> bool:
    """Whether a place in a document lies in the words of a heading, which its mark repeats.

    The label begins with "#" signs, which only Markdown writes into the text as well.
    """
    mark = next((mark for mark in reversed(marks) if mark.start <= place), None)
    if mark is None or not mark.label.startswith("#"):
        return False
    signs = passage.text.startswith("#", max(0, mark.start - passage.start))
    words = mark.label if signs else mark.label.lstrip("# ")
    return place < mark.start + len(words)


def _overlap(one: Candidate, other: Candidate) -> bool:
    same = (one.hit.root, one.hit.passage.document) == (other.hit.root, other.hit.passage.document)
    return same and one.start < other.end and other.start < one.end
