"""The word that somebody meant: of those that are written in the documents, the nearest to what was
typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from lepton_local.corpus.words import fold, terms
from lepton_local.store.index import Index

LONG = 9  # letters from which on two slips are likelier than another word
STEMS = 12  # terms that are looked at, the nearest and commonest
TEXTS = 2  # passages in which each of them is looked up
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # of a keyboard


class Spelling(NamedTuple):
    """A term of the index, and how it is written."""

    term: str
    written: str


def nearest(index: Index, word: str, forms: Iterable[str]) -> Spelling | None:
    """The written word nearest to a word that is in no document, of equally near ones the
    commonest; None if none is a slip away.

    forms: its stems. A slip is a letter too many, one too few, or two that changed places; in words
    of nine letters or more also a wrong letter, and there may be two. In shorter ones a single
    wrong letter more often makes another word ("primary", "primacy") than a slip of the same,
    unless their keys are neighbours. Stems find the words, but say too little to be compared: that
    of "latest" is "lat" in German.
    """
    typed = fold(word)
    best: list[tuple[int, bool, int, Spelling]] = []
    for term, found_in in _terms(index, forms):
        for written in set(_written(index, term)):
            slips = OSA.distance(typed, fold(written), score_cutoff=2)
            strays = _strays(typed, fold(written)) if slips == 1 else None
            apart = strays is not None and not _neighbours(*strays)
            if slips <= (2 if len(typed) >= LONG else 1) and (len(typed) >= LONG or not apart):
                best.append((int(slips), apart, -found_in, Spelling(term, written)))
    return min(best)[3] if best else None


def _terms(index: Index, forms: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The terms nearest to any of these, with the number of passages that hold them."""
    near: dict[str, int] = {}
    for form in forms:
        for segment in index.segments:
            others = segment.lexical.beginning_with(form[0])
            # A slip near the end may change what the stemmer takes for the ending.
            for term, slips in alike(form, others, slips=3 if len(form) >= LONG - 2 else 2):
                near[term] = min(slips, near.get(term, slips))
    known = index.statistics.frequencies([[term] for term in near])
    counted = (
        (slips, -many, term) for (term, slips), many in zip(near.items(), known, strict=True)
    )
    for _, many, term in sorted(each for each in counted if each[1])[:STEMS]:
        yield term, -many


def _written(index: Index, term: str) -> Iterator[str]:
    """How a term is written in a few live passages that hold it."""
    looked = 0
    for number, segment in enumerate(index.segments):
        rows = segment.lexical.rows_of(term)[0]
        rows = rows[index.live[number][rows]][: TEXTS - looked]
        looked += len(rows)
        table = index.take_passages(rows + index.offsets[number], ["document", "heading", "text"])
        numbers = np.asarray(table.column("document").to_numpy(zero_copy_only=False))
        languages = index.take_documents(numbers, ["language"]).column(0).to_pylist()
        texts = zip(*(table.column(name).to_pylist() for name in ("heading", "text")), strict=True)
        for (heading, text), language in zip(texts, languages, strict=True):
            for word in dict.fromkeys(re.findall(r"[^\W\d_]+", f"{heading}\n{text}")):
                if fold(word)[0] == term[0] and term in terms(word, language=language):
                    yield word.lower()


def alike(word: str, others: Sequence[str], *, slips: int) -> Iterator[tuple[str, int]]:
    """Those of `others` that at most so many slips set apart from `word`, with how many: a letter
    too many, one too few, a wrong one, or two that changed places.
    """
    found = process.extract(word, others, scorer=OSA.distance, score_cutoff=slips, limit=None)
    for other, distance, _ in found:
        yield other, int(distance)


def _strays(one: str, other: str) -> tuple[str, str] | None:
    """The letters in which two words differ that have the same letters but for one."""
    pairs = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    return pairs[0] if len(one) == len(other) and len(pairs) == 1 else None


def _neighbours(one: str, other: str) -> bool:
    """Whether two letters lie side by side on a keyboard."""
    places = {sign: (row, at) for row, signs in enumerate(_ROWS) for at, sign in enumerate(signs)}
    if one not in places or other not in places:
        return False
    (row, at), (beside, there) = places[one], places[other]
    return row == beside and abs(at - there) == 1
