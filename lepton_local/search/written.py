"""What a language model wrote from the evidence, as far as the evidence bears it out.

Each sentence must cite passages, and one that it cites must support it: the judge finds the
sentence in it, every number and name of the sentence stands there, and both deny something or
neither does. What fails is left out and counted. A sentence may still twist what it cites: it is
shown as written by a model, never as an answer of the documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.models.roles import Reranker
from lepton_local.search.evidence import Evidence, Piece
from lepton_local.search.hits import passage_text
from lepton_local.search.values import value

# Logits of the judge from which it finds a sentence in another.
LEAST = 4.0
UNCITED = "cites no passage"
STRANGE = "cites a passage that is not there"
UNSUPPORTED = "is not supported by what it cites"

_CITED = r"\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]"
_BEHIND = re.compile(rf"([.!?])\s*((?:{_CITED}\s*)+)")  # citations behind the stop
_MARKUP = re.compile(r"^[ \t]*(?:[-*+>#]+|\d{1,3}[.)])[ \t]+|\*\*|__|`", re.MULTILINE)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"\w[\w'\u2019-]*")
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d]+")
_OPENERS = frozenset(
    """
    a an the this that these those there they their it its in on at as after before when while for
    from by with to of and but or if so however although since because he she his her we our you
    your i some each every all most many no not one both according also then thus therefore
    """.split()
)
_DENIES = re.compile(
    r"\b(?:not|no|never|none|nor|neither|cannot|without|nothing|nobody|\w+n['\u2019]t|nicht|kein\w*|nie"
    r"|ohne|pas|jamais|sans)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a model wrote, without its citations, and the pieces that support it."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A model's text, held against the evidence that it was given."""

    evidence: Evidence
    model: str  # as it calls itself
    claims: tuple[Claim, ...]
    dropped: Mapping[str, int]  # why sentences were left out, and how many

    @property
    def cited(self) -> list[Piece]:
        """The pieces that what is left cites, by number."""
        wanted = {number for each in self.claims for number in each.numbers}
        return [each for each in self.evidence.pieces if each.number in wanted]


def written(evidence: Evidence, text: str, reranker: Reranker, *, model: str) -> Written:
    """The sentences of a text that its citations bear out, and how many were left out."""
    known = {each.number: each for each in evidence.pieces}
    claims, dropped = [], dict.fromkeys((UNCITED, STRANGE, UNSUPPORTED), 0)
    for claim, numbers in told(text):
        pieces = [known[each] for each in numbers if each in known]
        good = tuple(each.number for each in pieces if supports(each, claim, reranker))
        if good:
            claims.append(Claim(claim, good))
        else:
            why = UNSUPPORTED if pieces else STRANGE if numbers else UNCITED
            dropped[why] += 1
    return Written(evidence, model, tuple(claims), {why: n for why, n in dropped.items() if n})


def told(text: str) -> Iterator[tuple[str, list[int]]]:
    """Each sentence without its citations, and their numbers."""
    plain = _BEHIND.sub(lambda m: f" {m[2].strip()}{m[1]} ", _MARKUP.sub("", text))
    for start, end in sentences(plain):
        sentence = plain[start:end]
        numbers = [int(n) for cited in re.findall(_CITED, sentence) for n in _NUMBER.findall(cited)]
        bare = re.sub(rf"\s*{_CITED}(?:\s+(?=[.!?]))?", "", sentence).strip()
        if _WORD.search(bare):
            yield bare, list(dict.fromkeys(numbers))


def supports(piece: Piece, claim: str, reranker: Reranker) -> bool:
    """Whether a stretch of a document says what a sentence does, as far as a judge can tell."""
    whole = passage_text(piece.hit)
    stated = f"{whole.heading}\n{piece.text}"
    if not numbers(claim) <= numbers(stated) or not names(claim) <= set(terms(stated)):
        return False
    parts = [piece.text[a:b] for a, b in sentences(piece.text)]
    logits = reranker.score(claim, [whole._replace(text=each) for each in parts])
    best = max(range(len(parts)), key=lambda n: float(logits[n]))
    denied = [_DENIES.search(each) is not None for each in (claim, parts[best])]
    return float(logits[best]) >= LEAST and denied[0] == denied[1]


def numbers(text: str) -> set[object]:
    """The numbers of a text, in digits or words; "one" is mostly none."""
    found: set[object] = set()
    for each in _TOKEN.findall(text):
        worth = value(each)
        if each[0].isdigit():
            found.add(worth.amount if worth else each)
        elif worth is not None and worth.kind == "number" and worth.amount > 1:
            found.add(worth.amount)
    return found


def names(text: str) -> set[str]:
    """The stems of words with a capital letter, of the first one unless it is a plain word."""
    first, *others = _WORD.findall(text)
    found = [each for each in others if each[0].isupper()]
    return set(terms(" ".join(found if first.casefold() in _OPENERS else [first, *found])))
