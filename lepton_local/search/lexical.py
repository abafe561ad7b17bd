"""The words of a question against the words of an index: BM25 over all segments, and spellings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from lepton_local.corpus.words import terms
from lepton_local.store.bm25 import idf, saturation
from lepton_local.store.index import Index
from lepton_local.store.lexical import Lexical
from lepton_local.types import Hit


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A word of a question. `forms` are its stems in the languages of the index, sorted.

    A document was stemmed in its own language, so a word stands in it in one of these forms. They
    count as one term: a stem that few documents share, because theirs is another language, would
    otherwise pass for a rare and telling word.
    """

    forms: tuple[str, ...]
    weight: float = 1.0  # how often it was asked


def question_words(index: Index, text: str) -> tuple[list[Word], dict[str, str]]:
    """The words to search by, and which of those asked were replaced by their nearest spelling."""
    stems = [terms(text, language=language) for language in index.languages or ("en",)]
    if len({len(each) for each in stems}) == 1:
        alike = [tuple(sorted(set(forms))) for forms in zip(*stems, strict=True)]
    else:  # a stemmer left nothing of some word: its neighbours cannot be told apart any more
        alike = [(term,) for each in stems for term in each]
    words = [Word(forms, float(count)) for forms, count in Counter(alike).items()]
    corrections = {}
    for word in dict.fromkeys(re.findall(r"[^\W\d_]{6,}", text)):
        forms = sorted(forms_of(word, index.languages))
        if forms and not frequency(index, forms):
            nearest = nearest_spelling(index, forms[0])
            if nearest is not None:
                corrections[word] = nearest
                words.append(Word((nearest,)))
    return words, corrections


def lexical_scores(index: Index, words: Sequence[Word]) -> tuple[list[np.ndarray], float]:
    """BM25 of every row, per segment, with statistics over all live rows; and its upper bound.

    Words are added in their order, so that sums do not depend on how the index is cut.
    """
    scores = [np.zeros(entry.rows) for entry in index.manifest.segments]
    ideal = 0.0
    for word in sorted(words):
        found = [_postings(segment.lexical, word.forms) for segment in index.segments]
        pairs = zip(found, index.live, strict=True)
        weight = word.weight * idf(
            sum(int(live[rows].sum()) for (rows, _), live in pairs), index.rows
        )
        ideal += weight
        for (rows, counts), segment, into in zip(found, index.segments, scores, strict=True):
            lengths = segment.lexical.lengths[rows]
            into[rows] += weight * saturation(counts, lengths, index.average_length)
    return scores, ideal


def frequency(index: Index, forms: Sequence[str]) -> int:
    """How many live passages hold a word in any of its forms."""
    return sum(
        int(live[_postings(segment.lexical, forms)[0]].sum())
        for segment, live in zip(index.segments, index.live, strict=True)
    )


def forms_of(word: str, languages: Sequence[str]) -> set[str]:
    """The terms that a word becomes in any of these languages."""
    return {term for language in languages or ("en",) for term in terms(word, language=language)}


def nearest_spelling(index: Index, term: str) -> str | None:
    """The nearest live term of the same first letter, of equally near ones the commonest; None if
    none is a slip away.

    A slip is a letter too many, one too few, or two that changed places; in terms of nine letters
    or more also a wrong letter, and there may be two. In shorter ones a single wrong letter more
    often makes another word ("primary", "primacy") than a slip of the same.
    """
    slips = 2 if len(term) >= 9 else 1
    near: set[tuple[int, str]] = set()
    for segment in index.segments:
        alike = segment.lexical.beginning_with(term[0])
        found = process.extract(term, alike, scorer=OSA.distance, score_cutoff=slips, limit=None)
        near.update((int(distance), other) for other, distance, _ in found)
    best = [
        (distance, -found_in, other)
        for distance, other in near
        if (slips == 2 or len(other) != len(term) or sorted(other) == sorted(term))
        and (found_in := frequency(index, [other]))
    ]
    return min(best)[2] if best else None


def surface_forms(corrections: Mapping[str, str], hits: Sequence[Hit]) -> dict[str, str]:
    """The same corrections in words that people write: a term is a stem, so the hits are asked how
    they spell it.
    """
    found = {}
    for asked, term in corrections.items():
        words = (word for hit in hits for word in re.findall(r"[^\W\d_]+", hit.passage.text))
        found[asked] = next((word.lower() for word in words if term in terms(word)), term)
    return found


def _postings(lexical: Lexical, forms: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that hold a word in any form, ascending, and how often: (n,) integers, (n,) float64."""
    found = [(rows, counts) for rows, counts in map(lexical.rows_of, forms) if len(rows)]
    if not found:
        return np.empty(0, dtype=np.int32), np.empty(0)
    if len(found) == 1:
        return found[0][0], found[0][1].astype(np.float64)
    rows, place = np.unique(np.concatenate([rows for rows, _ in found]), return_inverse=True)
    return rows, np.bincount(place, weights=np.concatenate([counts for _, counts in found]))
