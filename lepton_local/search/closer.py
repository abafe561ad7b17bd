"""A closer look at the strongest spans: what their own sentence says of the question, what of it no
place around them says, and whether they say anything of their own.

A question about another name, or for the minimum where the maximum is told, finds the passage that
it would find if it were right: most of its words stand there. What is missing tells the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.models.calibration import Signs
from lepton_local.models.records import around
from lepton_local.search.opposites import opposed
from lepton_local.search.signs import Asked
from lepton_local.types import Hit


def closer(question: Asked, hit: Hit, start: int, end: int, signs: Signs) -> Signs:
    """The signs of `start` to `end` in the text of a hit's passage, with those of a closer look."""
    passage = hit.passage
    words, near = passage.text[start:end], around(passage.text, start, end)
    line = near.record if near.tabular else _sentence(passage.text, start, end)
    place = set(terms(f"{hit.title}\n{passage.heading}\n{passage.text}\n{hit.path}"))
    rest = set(terms(line.replace(words, " ", 1)))
    return signs._replace(
        sentence=sum(share for word, share in question.shares.items() if word in rest),
        absent=sum(
            max((question.shares.get(word, 0.0) for word in name), default=0.0)
            for name in question.names
            if place.isdisjoint(name)
        ),
        opposed=float(opposed(question.shares, set(terms(line)))),
        common=_common(question.held, words),
    )


def _sentence(text: str, start: int, end: int) -> str:
    """The sentence, or sentences, that a span stands in."""
    held = [(first, last) for first, last in _sentences(text) if first < end and last > start]
    return text[held[0][0] : held[-1][1]] if held else text[start:end]


@lru_cache(maxsize=64)
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Kept for the passages of a question, which are asked about span by span."""
    return tuple(sentences(text))


def _common(held: Sequence[frozenset[str]], words: str) -> float:
    """In which share of the passages the rarest of some words stands: what stands everywhere is the
    topic, and tells nothing.
    """
    found = [sum(word in each for each in held) for word in terms(words)]
    return min(found) / len(held) if found and held else 1.0
