"""An answer of whole sentences: one to four of them, the steps of a list, or the lines of code that
a sentence announces.

They are chosen by the judge, which reads each sentence of the first few passages beside the
question: a reader's span is made of a start and an end, and a reason has no such edges. Where the
reader is surer of a phrase elsewhere, it is the sentence around that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from lepton_local.corpus.sentences import sentences
from lepton_local.models.calibration import Signs
from lepton_local.models.records import item_lines
from lepton_local.models.roles import Reranker
from lepton_local.search.answer import Proposal, Scored, cite
from lepton_local.search.found import Found
from lepton_local.search.hits import passage_text, where
from lepton_local.search.wants import SENTENCES
from lepton_local.types import Answer, Hit, Mark, Result

PASSAGES = 3  # whose sentences are judged
MOST_SENTENCES = 4
MOST_STEPS = 12  # lines of a list
LONGEST = 700  # code points
LEAST_INK = 25  # and the fewest of a sentence that can answer: headings and crumbs are shorter
# What the reader's gain of the best span in a sentence is worth beside the judge's logit of it, and
# the gain of one without any. A judge alone likes all that stands under the right heading.
GAIN, NO_GAIN = 0.25, -12.0
# How much better a longer stretch must be. On 57 how, why and describe questions about papers, 0
# and -0.5 gave longer stretches and no better ones.
MARGIN = 0.5
# From how good a sentence is to the odds that it is right, and how probable it must be:
# `benchmarks/bench.py kinds` fits them, on how and why questions half of which have no answer.
SLOPE, INTERCEPT = 0.159, -1.36
THRESHOLD = 0.4

_LINE = re.compile(r"[^\n]+")
_BLOCK = re.compile(  # of code: between fences, or further to the right
    r"\s*(`{3,}|~{3,})[^\n]*\n.*?\n[ \t]*\1"
    r"|\s*\n(?: {4}|\t)[^\n]*(?:\n(?: {4}|\t)[^\n]*)*",
    re.DOTALL,
)

Stretch = tuple[int, int]  # start and end in the text of a passage
NO_SIGNS = Signs(0.0, 0.0)


def stretched(
    result: Result, found: Found, marked: Callable[[Sequence[Hit]], Sequence[Hit]]
) -> Result:
    """The result with sentences as its answer, if they are sure enough or a phrase is.

    marked: hits -> the same, marked by whether they are stale.
    """
    best = best_stretch(found)
    if best is None:
        return result
    whole = cite(best)
    whole = replace(whole, quote=whole.text, kind=SENTENCES, hit=marked([whole.hit])[0])
    phrase = result.answer
    if phrase is not None and _overlap(whole, phrase):
        whole = replace(whole, confidence=max(whole.confidence, phrase.confidence))
    elif phrase is not None and phrase.confidence > whole.confidence:
        whole = around(phrase)
    sure = phrase is not None or whole.confidence >= THRESHOLD
    every = ([] if phrase is None else [phrase]) + list(result.answers)
    rest = tuple(each for each in every if not _overlap(whole, each))
    return replace(
        result,
        answer=whole if sure else None,
        answers=rest if sure else (whole, *rest),
        conflicts=(),
        null_confidence=1.0 - whole.confidence,
    )


def best_stretch(seen: Found) -> Scored | None:
    """The sentences of the first few hits that answer best; None where there are none, or no judge
    of them.
    """
    reranker = seen.ask.reranker
    if reranker is None:
        return None
    found = []
    for hit in seen.head[:PASSAGES]:
        judge = StretchJudge(seen, hit, reranker)
        single = whole_sentences(hit.passage.text)
        if single:
            told = judge(single)
            best = max(range(len(single)), key=told.__getitem__)
            found.append((told[best], judge, single, best))
    if not found:
        return None
    good, judge, single, best = max(found, key=lambda each: each[0])
    hit, text = judge.hit, judge.hit.passage.text
    if steps := _steps(text, *single[best]):
        (start, end), good = steps, max(good, *judge([steps]))
    else:
        start, end = _grown(single, best, good, judge)
    at, places = hit.passage.start, seen.marks[hit.index, where(hit)]
    proposal = Proposal(hit, places, at + start, at + end, text[start:end], NO_SIGNS, good)
    return Scored(proposal, probability(good))


def probability(good: float) -> float:
    """How probably a sentence that is so good answers the question."""
    return 1 / (1 + math.exp(-(SLOPE * good + INTERCEPT)))


def whole_sentences(text: str) -> list[Stretch]:
    """The sentences, rows and lines that may answer; of a text of crumbs, all of them."""
    every = list(sentences(text))
    full = [
        (start, end)
        for start, end in every
        if (end - start >= LEAST_INK or text[end - 1] == ":") and text[start] != "#"
    ]
    return full or every


def around(phrase: Answer) -> Answer:
    """The sentence that a phrase stands in, with all steps where it is one of them."""
    passage = phrase.hit.passage
    first, last = phrase.start - passage.start, phrase.end - passage.start
    held = [(a, b) for a, b in sentences(passage.text) if a < last and b > first]
    start, end = (held[0][0], held[-1][1]) if held else (first, last)
    start, end = _steps(passage.text, start, end) or (start, end)
    at, text = passage.start, passage.text[start:end]
    marks = (Mark(0, phrase.mark),)
    proposal = Proposal(phrase.hit, marks, at + start, at + end, text, NO_SIGNS, 0.0)
    return replace(cite(Scored(proposal, phrase.confidence)), quote=text, kind=SENTENCES)


class StretchJudge:
    """How good stretches of one hit are, for judge and reader."""

    def __init__(self, found: Found, hit: Hit, reranker: Reranker) -> None:
        self.question, self.hit, self.reranker = found.ask.question.text, hit, reranker
        self.shown = passage_text(hit)
        self.gains = [
            (each.start - hit.passage.start, each.signs.gain)
            for each in found.spans
            if _document(each.hit) == _document(hit)
        ]

    def __call__(self, stretches: Sequence[Stretch]) -> list[float]:
        """For each, in logits."""
        shown = self.shown
        texts = [shown._replace(text=shown.text[start:end]) for start, end in stretches]
        logits = self.reranker.score(self.question, texts)
        return [
            worth(float(logit), [gain for at, gain in self.gains if start <= at < end])
            for logit, (start, end) in zip(logits, stretches, strict=True)
        ]


def worth(logit: float, gains: Sequence[float]) -> float:
    """How good a stretch is: the judge's logit of it, and the gains of the reader's spans in it."""
    return logit + GAIN * max(gains, default=NO_GAIN)


def _document(hit: Hit) -> tuple[str, str]:
    return hit.root, hit.passage.document


def _overlap(one: Answer, other: Answer) -> bool:
    return (
        _document(one.hit) == _document(other.hit)
        and one.start < other.end
        and other.start < one.end
    )


def _steps(text: str, start: int, end: int) -> Stretch | None:
    """All items of the list that a sentence is one of, or leads up to, or the block of code that
    it does; None where it does neither.
    """
    lines = [each for each in _LINE.finditer(text) if each[0].strip()]
    here = next(n for n, each in enumerate(lines) if end <= each.end())
    listed = item_lines(each[0] for each in lines)
    first = last = here
    if listed[here]:
        while first and listed[first - 1]:
            first -= 1
        first -= bool(first and lines[first - 1][0].rstrip().endswith(":"))
    elif text[start:end].endswith(":"):
        if block := _BLOCK.match(text, end):
            return (start, block.end()) if block.end() - start <= LONGEST else None
    else:
        return None
    while last + 1 < len(lines) and listed[last + 1]:
        last += 1
    begin, ink = lines[first].start(), lines[first][0]
    if listed[first]:
        begin += len(ink) - len(ink.lstrip())
    else:  # of what leads up to them the last sentence
        begin = next(a for a, b in sentences(text) if b >= begin + len(ink.rstrip()))
    end = lines[last].start() + len(lines[last][0].rstrip())
    if last == first or last - first > MOST_STEPS or end - begin > LONGEST:
        return None
    return begin, end


def _grown(single: Sequence[Stretch], best: int, good: float, judge: StretchJudge) -> Stretch:
    """The best sentence and those beside it that are better with it, up to a few."""
    first = last = best
    while last - first + 1 < MOST_SENTENCES:
        wider = [
            (a, b)
            for a, b in ((first - 1, last), (first, last + 1))
            if a >= 0 and b < len(single) and single[b][1] - single[a][0] <= LONGEST
        ]
        told = judge([(single[a][0], single[b][1]) for a, b in wider]) if wider else []
        if not wider or max(told) < good + MARGIN:
            break
        good = max(told)
        first, last = wider[told.index(good)]
    return single[first][0], single[last][1]
