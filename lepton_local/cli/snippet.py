"""The lines of a passage that show why it was found: where the question's telling words stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lepton_local.corpus.sentences import sentences
from lepton_local.corpus.words import terms
from lepton_local.types import Term

WORD = re.compile(r"\w+")
# A term tells if its weight is this share of the rarest one's: "rent" lights up, "when" and "the"
# do not, in whatever language, and no list of stop words is needed.
TELLING = 0.3

Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The terms to light up, with their weight, and the languages whose stemmers made them."""

    worth: Mapping[str, float] = field(default_factory=dict)
    languages: tuple[str, ...] = ()


def wanted_terms(terms: Sequence[Term], languages: Sequence[str]) -> Wanted:
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
    return Wanted({t: value for t, value in worth.items() if value >= least}, tuple(languages))


def snippet(text: str, wanted: Wanted, length: int) -> tuple[str, Spans]:
    """A passage from the sentence on that has, with what follows, the most telling words.

    length: code points that will be read of it, about. The spans say where wanted words stand.
    """
    found = matches(text, wanted)
    # Headings stand above the snippet already.
    starts = [start for start, _ in sentences(text) if text[start] != "#"] or [0]

    def worth(start: int) -> float:
        near = {term for at, _, term in found if start <= at < start + length}
        return sum(wanted.worth[term] for term in sorted(near))

    begin = max(starts, key=worth)  # the first of equals
    lead = "… " if begin > starts[0] else ""
    shift = len(lead) - begin
    spans = [(start + shift, end + shift) for start, end, _ in found if start >= begin]
    return lead + text[begin:], spans


def matches(text: str, wanted: Wanted) -> list[tuple[int, int, str]]:
    """Start, end and term of the words of `text` that are wanted, in order and apart."""
    found: list[tuple[int, int, str]] = []
    for word in WORD.finditer(text):
        made = {term for each in wanted.languages for term in terms(word[0], language=each)}
        here = sorted(made & wanted.worth.keys(), key=lambda term: -len(term))
        if not here:
            continue
        if len(here[0]) > 2 or len(word[0]) <= 2:
            found.append((*word.span(), here[0]))
        else:  # a script without spaces: its terms are pairs of signs, and signs alone
            for part in re.finditer("|".join(map(re.escape, here)), word[0]):
                found.append((word.start() + part.start(), word.start() + part.end(), part[0]))
    return found
