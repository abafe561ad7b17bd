"""Which words of a passage are those that were asked for, and where they stand together."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lepton_local.corpus.words import terms
from lepton_local.models.records import fences
from lepton_local.search.sights import Sight
from lepton_local.searched import Term

# A term tells if its weight is this share of the rarest one's: "rent" lights up, "when" and "the"
# do not, in whatever language, and no list of stop words is needed.
TELLING = 0.3
NEAR = 240  # code points: words that stand together do so within three lines
_WORD = re.compile(r"\w+")
# Words that others write in one or in several: "e-mail", "4.800", "os.path".
_TOKEN = re.compile(r"\w+(?:[^\w\s]{1,2}\w+)*")
_KNOWN = 1 << 16  # words whose terms are remembered: texts repeat them

Match = tuple[int, int, tuple[str, ...]]  # start and end of a word, and the terms that it matches


@dataclass(frozen=True, slots=True)
class Wanted:
    """The terms to look for, with their weight, the languages whose stemmers made them, and how to
    find the phrases and patterns that must stand as they are.
    """

    worth: Mapping[str, float] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    sights: tuple[Sight, ...] = ()


def wanted_terms(
    terms: Sequence[Term], languages: Sequence[str], sights: Sequence[Sight] = ()
) -> Wanted:
    """The telling terms of a question, its corrected spellings among them.

    languages: those of the index.
    """
    worth = {}
    for term in terms:
        for form in term.forms:
            # A lone Chinese sign tells nothing.
            if term.passages and (len(form) > 1 or form.isascii()):
                worth[form] = term.weight
    least = TELLING * max(worth.values(), default=0.0)
    telling = {term: value for term, value in worth.items() if value >= least}
    return Wanted(telling, tuple(languages), tuple(sights))


def matches(text: str, wanted: Wanted) -> list[Match]:
    """The words and phrases of `text` that are wanted, in order and apart."""
    found: list[Match] = []
    for number, sight in enumerate(wanted.sights):
        found += [(start, end, (f"sight {number}",)) for start, end in sight(text)]
    words: list[Match] = []
    for token in _TOKEN.finditer(text):
        if token[0].isalnum():  # it has no parts but itself
            words += _within(token, wanted)
            continue
        parts = [part for word in _parts(*token.span(), text) for part in _within(word, wanted)]
        words += parts or _whole(token, wanted)
    phrases = _apart(found)
    clear = (
        word
        for word in words
        if not any(word[0] < end and start < word[1] for start, end, _ in phrases)
    )
    return sorted([*phrases, *clear])


def focus(text: str, found: Sequence[Match], wanted: Wanted, *, code: bool = False) -> int:
    """Where the words that were found in `text` stand best together: the start of the first of
    them. A line of code, a row or an item counts more than what stands around it.
    """
    borders = [place for place in fences(text).tolist() if text[place - 1] == "\n"]
    if code:
        borders = [match.end() for match in re.finditer("\n", text)]
    phrase = 4 * sum(wanted.worth.values())  # worth more than all words apart

    def worth(match: Match) -> tuple[float, bool]:
        here = bisect_right(borders, match[0])
        near = {
            term: bisect_right(borders, start) == here
            for start, _, terms in reversed(found)
            if match[0] <= start < match[0] + NEAR
            for term in terms
        }
        values = (
            wanted.worth.get(term, phrase) * (1.0 if own else 0.5)
            for term, own in sorted(near.items())
        )
        # Headings of Markdown stand above the passage already.
        titled = not code and text.startswith("#", text.rfind("\n", 0, match[0]) + 1)
        return sum(values), not titled

    return max(found, key=worth)[0]  # the first of equals


@lru_cache(maxsize=_KNOWN)
def _terms(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    return frozenset(term for each in languages for term in terms(word, language=each))


def _hits(word: str, wanted: Wanted) -> list[str]:
    """The wanted terms that a word has, the longest first."""
    made = _terms(word, wanted.languages)
    if made.isdisjoint(wanted.worth):
        return []
    return sorted(made & wanted.worth.keys(), key=lambda term: (-len(term), term))


def _parts(start: int, end: int, text: str) -> list[re.Match[str]]:
    return list(_WORD.finditer(text, start, end))


def _within(word: re.Match[str], wanted: Wanted) -> list[Match]:
    here = _hits(word[0], wanted)
    if not here:
        return []
    if len(here[0]) > 2 or len(word[0]) <= 2:
        return [(*word.span(), tuple(here))]
    # A script without spaces: its terms are pairs of signs, and signs alone.
    pattern = "|".join(map(re.escape, here))
    return [
        (word.start() + part.start(), word.start() + part.end(), (part[0],))
        for part in re.finditer(pattern, word[0])
    ]


def _whole(token: re.Match[str], wanted: Wanted) -> list[Match]:
    here = _hits(token[0], wanted)
    return [(*token.span(), tuple(here))] if here else []


def _apart(found: Sequence[Match]) -> list[Match]:
    """Those that do not overlap one that begins before them."""
    kept: list[Match] = []
    for each in sorted(found):
        if not kept or each[0] >= kept[-1][1]:
            kept.append(each)
    return kept
