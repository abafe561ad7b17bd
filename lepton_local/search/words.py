"""The words of a question as an index knows them: their stems, and the nearest spelling of those
that it does not know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lepton_local.corpus.words import terms
from lepton_local.store.index import Index
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
    stems = [terms(text, language=language) for language in index.statistics.languages or ("en",)]
    if len({len(each) for each in stems}) == 1:
        alike = [tuple(sorted(set(forms))) for forms in zip(*stems, strict=True)]
    else:  # a stemmer left nothing of some word: its neighbours cannot be told apart any more
        alike = [(term,) for each in stems for term in each]
    words = [Word(forms, float(count)) for forms, count in Counter(alike).items()]
    corrections = {}
    for word in dict.fromkeys(re.findall(r"[^\W\d_]{6,}", text)):
        forms = sorted(forms_of(word, index.statistics.languages))
        if forms and not index.statistics.frequency(forms):
            nearest = nearest_spelling(index, forms[0])
            if nearest is not None:
                corrections[word] = nearest
                words.append(Word((nearest,)))
    return words, corrections


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
    from lepton_local.search.spelling import alike  # only a misspelt word pays for the library

    slips = 2 if len(term) >= 9 else 1
    near: set[tuple[int, str]] = set()
    for segment in index.segments:
        near.update(alike(term, segment.lexical.beginning_with(term[0]), slips=slips))
    best = [
        (distance, -found_in, other)
        for distance, other in near
        if (slips == 2 or len(other) != len(term) or sorted(other) == sorted(term))
        and (found_in := index.statistics.frequency([other]))
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
