"""Questions near one that was asked, which the documents that were found answer too.

They are mined, never made up: headings that ask, stored questions, definitions, and headings as the
places that they are. One is kept only if the reader, asked it of its own passage, answers with
words that stand where it was mined (roundtrip consistency: Alberti et al. 2019,
https://aclanthology.org/P19-1620), and is shown with that answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lepton_local.corpus.headings import asked
from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.stored import PAIR
from lepton_local.corpus.words import terms
from lepton_local.models.roles import Reader
from lepton_local.search.answer import LONGEST_QUOTE, Scored, cite, probabilities, proposals
from lepton_local.search.found import Found
from lepton_local.search.hits import passage_text, where
from lepton_local.search.mined import Mined, mined
from lepton_local.types import Answer, Hit, Mark, Related, Result

PLACE: Final = "place"
MOST = 4
PASSAGES = 24  # of the best, whose questions are looked at
COMPARED = 32  # candidates whose likeness to the question is asked for
READ = 6  # and of those the ones that the reader is asked
# Likeness on the common scale: below, it leads elsewhere; above, it is the question itself.
NEAR, SAME = 0.35, 0.85
RELEVANT = 0.1  # of the passage to the question: what is like it in words may be of another matter
CERTAIN = 0.7  # the score of a passage for a question that was mined from it


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    marks: Sequence[Mark]
    mined: Mined  # or a heading, which is mined of all below it


def with_related(found: Found, result: Result) -> Result:
    """The result with its related questions."""
    return replace(result, related=related(found, result))


def related(found: Found, result: Result) -> tuple[Related, ...]:
    """At most a few questions that lie near the one that was asked, each with its answer; of one
    document one, and none that the answer has told already.

    found: what the question found, with a reader; result: what was concluded from it.
    """
    ask = found.ask
    if ask.reader is None or ask.alike is None:
        return ()
    own = set(terms(ask.question.text))
    candidates = [each for each in _candidates(found) if set(terms(each.mined.question)) != own][
        :COMPARED
    ]
    if not candidates:
        return ()
    near = ask.alike(ask.question.text, [each.mined.question for each in candidates])
    order = [at for at in np.argsort(-near, kind="stable").tolist() if NEAR <= near[at] < SAME]
    kept: list[Related] = []
    for each in (candidates[at] for at in order[:READ]):
        answer = _answer(each, ask.reader)
        if (
            answer is None
            or _told(answer, result)
            or _document(each.hit) in {_document(other.answer.hit) for other in kept}
        ):
            continue
        kept.append(Related(each.mined.question, each.mined.kind, answer))
        if len(kept) == MOST:
            break
    return tuple(kept)


def _candidates(found: Found) -> Iterator[_Candidate]:
    """The questions of the passages that were judged, the best passages first, each once."""
    seen = {found.head[0].passage.heading.casefold()} if found.head else set()
    for hit in found.head[:PASSAGES]:
        if hit.relevance < RELEVANT:
            continue
        text, heading = hit.passage.text, hit.passage.heading
        stored = hit.metadata.get(PAIR, "")
        whole = [Mined(stored, "asked", 0, len(text))] if stored else []
        place = heading.rpartition(" > ")[2]
        if place and not asked(heading) and place != hit.title:
            whole.append(Mined(place, PLACE, 0, len(text)))
        for each in [*mined(text, heading), *whole]:
            known = (heading if each.kind == PLACE else each.question).casefold()
            if known not in seen:
                seen.add(known)
                yield _Candidate(hit, found.marks[hit.index, where(hit)], each)


def _answer(candidate: _Candidate, reader: Reader) -> Answer | None:
    """What the reader answers from the passage alone, if it is sure, and it stands where the
    question was mined: of a definition the whole, of a heading the sentence.
    """
    mine, how = candidate.mined, reader.calibration.answer
    readings = reader.read(mine.question, [passage_text(candidate.hit)])
    hit = replace(candidate.hit, score=CERTAIN)
    spans = proposals(mine.question, [hit], readings, [candidate.marks], how=how)
    if not spans:
        return None
    confidence = float(probabilities([each.strength for each in spans])[0])
    at = spans[0].start - hit.passage.start
    if confidence < how.threshold or not mine.start <= at < mine.end:
        return None
    text = hit.passage.text
    start, end = (
        (mine.start, mine.end)
        if mine.kind == "definition"
        else next(each for each in sentences(text, mine.start, mine.end) if each[1] > at)
    )
    if end - start > LONGEST_QUOTE or set(terms(text[start:end])) <= set(terms(mine.question)):
        return None
    base = hit.passage.start
    whole = replace(spans[0], start=base + start, end=base + end, text=text[start:end])
    return replace(cite(Scored(whole, confidence)), hit=candidate.hit)


def _told(answer: Answer, result: Result) -> bool:
    """Whether the answer that was given stands in these words, or they in it."""
    given = result.answer
    return (
        given is not None
        and _document(given.hit) == _document(answer.hit)
        and given.start < answer.end
        and answer.start < given.end
    )


def _document(hit: Hit) -> tuple[str, str]:
    return hit.root, hit.passage.document
