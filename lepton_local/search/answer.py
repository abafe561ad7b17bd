"""Spans that a reader proposes in several passages become cited answers with a confidence, or none.

Spans that overlap in a document are one (neighbouring passages share sentences). All that are left
compete with each other and with "the documents do not say", and the same words found in several
places stand together: as the passages of Guu et al., "REALM" (https://arxiv.org/abs/2002.08909),
sum to one probability of an answer. What a span's scores are worth is the reader's calibration.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.models.calibration import Answer as How
from lepton_local.models.calibration import Signs, strength
from lepton_local.models.roles import Reading
from lepton_local.search.closer import closer
from lepton_local.search.columns import Alike, meant
from lepton_local.search.signs import Asked, asked, heading, signs
from lepton_local.search.values import value
from lepton_local.types import Answer, Hit, Mark, Result

MOST_ANSWERS = 5
LONGEST_QUOTE = 300  # code points
STANDING = 1.0  # logits between two answers that may contradict each other
ALIKE = 0.2  # and what their records may differ by in their share of the question's words
PER_PASSAGE = 8  # spans of one passage that are looked at
STRONGEST = 24  # which are looked at more closely
_WORD = re.compile(r"[^\W\d_]{3}")  # what is more than a number or a sign
SURE = ((0.9, "almost certain"), (0.7, "likely"), (0.4, "possible"), (0.0, "a guess"))


def how_sure(confidence: float) -> str:
    """A confidence in words."""
    return next(word for least, word in SURE if confidence >= least)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A span in one hit, at `start` to `end` of the document's canonical text."""

    hit: Hit
    marks: Sequence[Mark]  # of the hit's document, sorted
    start: int
    end: int
    text: str
    signs: Signs
    strength: float  # all that speaks for it, in logits


@dataclass(frozen=True, slots=True)
class Scored:
    """An answer's best place and its confidence."""

    proposal: Proposal
    confidence: float


def proposals(
    question: str,
    hits: Sequence[Hit],
    readings: Sequence[Reading],
    marks: Sequence[Sequence[Mark]],
    *,
    how: How,
    also: Sequence[Proposal] = (),
    alike: Alike | None = None,
) -> list[Proposal]:
    """Spans by falling strength; of those that overlap in a document only the best.

    Left out are echoes, which say nothing that the question does not, and whole headings, which
    announce an answer but are none. marks: of each hit's document, sorted; also: proposals that are
    not the reader's, which go before its own where they overlap; alike: what the heads of columns
    are compared by.
    """
    told = asked(question, hits)
    found = [
        Proposal(
            hit,
            places,
            hit.passage.start + span.start,
            hit.passage.start + span.end,
            hit.passage.text[span.start : span.end],
            told_of := signs(told, hit, places, span, gain=span.score - reading.null),
            strength(how, told_of),
        )
        for hit, reading, places in zip(hits, readings, marks, strict=True)
        for span in reading.spans[:PER_PASSAGE]
        if heading(hit.passage, hit.passage.start + span.start, places)
        != hit.passage.text[span.start : span.end]
    ]
    found.sort(key=_by_strength)
    # Whatever that weighs here: a calibration is fitted on all signs.
    found[:STRONGEST] = _looked_at(told, found[:STRONGEST], how, alike)
    found.sort(key=_by_strength)
    kept: list[Proposal] = []
    for each in [*also, *found]:
        echo = told.shares.keys() >= set(terms(each.text))
        if not echo and not any(_overlap(each, other) for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda c: -c.strength)


def _by_strength(found: Proposal) -> tuple[float, str, int, int]:
    return -found.strength, found.hit.path, found.start, found.end


def _looked_at(
    question: Asked, found: Sequence[Proposal], how: How, alike: Alike | None
) -> Iterator[Proposal]:
    """The same, with what a closer look shows, and what the heads of their columns say."""
    at = [each.hit.passage.start for each in found]
    spans = [(each.hit, each.start - a, each.end - a) for each, a in zip(found, at, strict=True)]
    likes = meant(question.text, spans, alike) if alike is not None else [0.0] * len(spans)
    for each, span, like in zip(found, spans, likes, strict=True):
        told = closer(question, *span, each.signs)._replace(meant=like)
        yield replace(each, signs=told, strength=strength(how, told))


def score(found: Sequence[Proposal]) -> list[Scored]:
    """Answers, best first: one for each different wording or value, at its strongest place. Words
    that hold those of another answer say the same, unless these are a mere number.

    found: by falling strength, as `proposals` gives them. The confidences and the probability that
    there is no answer sum to one.
    """
    groups: dict[object, list[int]] = {}
    for place, each in enumerate(found):
        groups.setdefault(value(each.text) or tuple(plain_words(each.text)), []).append(place)
    shares = probabilities([each.strength for each in found])
    scored = [
        Scored(found[group[0]], float(shares[group].sum()))
        for group in _agreeing(list(groups.values()), [each.text for each in found])
    ]
    return sorted(scored, key=lambda s: (-s.confidence, s.proposal.hit.path, s.proposal.start))


def _agreeing(groups: Sequence[list[int]], texts: Sequence[str]) -> list[list[int]]:
    """The groups of texts, those joined whose first ones hold one another's words."""
    kept: list[tuple[str, list[int]]] = []
    for group in groups:
        words = f" {' '.join(plain_words(texts[group[0]]))} "
        for other, first in kept:
            if _WORD.search(min(words, other, key=len)) and (words in other or other in words):
                first += group
                break
        else:
            kept.append((words, [*group]))
    return [group for _, group in kept]


def answered(
    result: Result,
    found: Sequence[Proposal],
    how: How,
    marked: Callable[[Sequence[Hit]], Sequence[Hit]],
) -> Result:
    """The result with its answers, the first as the answer if it is sure enough.

    found: at least one, as `proposals` gives them; marked: hits -> the same, marked by whether they
    are stale.
    """
    scored = score(found)
    sure = scored[0].confidence >= how.threshold
    against = rivals(scored) if sure else 0
    shown = [*newest_first(scored[: against + 1]), *scored[against + 1 :]][:MOST_ANSWERS]
    fresh = marked([each.proposal.hit for each in shown])
    cited = tuple(replace(cite(each), hit=hit) for each, hit in zip(shown, fresh, strict=True))
    return replace(
        result,
        answer=cited[0] if sure else None,
        answers=cited[sure:],
        conflicts=cited[1 : against + 1],
        null_confidence=1.0 - sum(each.confidence for each in scored),
    )


def rivals(scored: list[Scored]) -> int:
    """How many answers contradict the first: values of its kind that differ from it, of records
    that fit the question as well. They are put behind it.
    """
    first, others = scored[0], scored[1:]
    found = [each for each in others if _contradicts(first, each)][: MOST_ANSWERS - 1]
    scored[1:] = [*found, *(each for each in others if each not in found)]
    return len(found)


def newest_first(scored: Sequence[Scored]) -> list[Scored]:
    """By the dates of their documents; of one date the surer first."""
    return sorted(scored, key=lambda each: each.proposal.hit.date, reverse=True)


def _contradicts(one: Scored, other: Scored) -> bool:
    here, there = value(one.proposal.text), value(other.proposal.text)
    if here is None or there is None or here.kind != there.kind:
        return False
    a, b = one.proposal.signs, other.proposal.signs
    return (
        one.proposal.strength - other.proposal.strength <= STANDING
        and abs(a.record - b.record) <= ALIKE
        and abs(a.column - b.column) <= ALIKE
        and (a.named, a.other, a.void, a.quoted) == (b.named, b.other, b.void, b.quoted)
    )


def probabilities(strengths: Sequence[float]) -> np.ndarray:
    """The probability of each span (n,), where none of them is right with odds of 1 to the sum of
    theirs.
    """
    odds = np.array(strengths, dtype=np.float64)
    highest = max(0.0, odds.max(initial=0.0))
    odds = np.exp(odds - highest)
    return np.asarray(odds / (math.exp(-highest) + odds.sum()))


def plain_words(text: str) -> list[str]:
    """Words without case, articles and punctuation: what two places of one answer share."""
    return [word for word in re.findall(r"\w+", text.casefold()) if word not in ("a", "an", "the")]


def cite(scored: Scored) -> Answer:
    """The answer with its place: mark, line, column and the sentence around it."""
    each = scored.proposal
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
            (mark.label for mark in reversed(each.marks) if mark.start <= each.start), passage.mark
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


def _overlap(one: Proposal, other: Proposal) -> bool:
    same = (one.hit.root, one.hit.passage.document) == (other.hit.root, other.hit.passage.document)
    return same and one.start < other.end and other.start < one.end
