"""The words of a question against the words of an index: BM25 over all segments, and spellings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_local.corpus.words import terms
from lepton_local.store.bm25 import idf, saturation
from lepton_local.store.index import Index
from lepton_local.store.lexical import Found, Lexical, counts_in
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


@dataclass(frozen=True, slots=True)
class Weighed:
    """A word as an index knows it: idf times how often it was asked, and its postings a segment."""

    weight: float
    found: tuple[Found, ...]


def weigh(index: Index, words: Sequence[Word]) -> list[Weighed]:
    """Words with their weights by statistics over all live rows, in an order that does not depend
    on how the index is cut: sums over them do not either.
    """
    weighed = []
    for word in sorted(words):
        found = tuple(_postings(segment.lexical, word.forms) for segment in index.segments)
        weight = word.weight * idf(_live(index, found), index.rows)
        weighed.append(Weighed(weight, found))
    return weighed


def ideal_score(words: Sequence[Weighed]) -> float:
    """BM25 of a passage that holds every word without end: no score is higher."""
    ideal = 0.0
    for word in words:
        ideal += word.weight
    return ideal


def lexical_scores(
    index: Index, number: int, words: Sequence[Weighed], rows: np.ndarray
) -> np.ndarray:
    """BM25 of `rows` of segment `number`: (n,) float64."""
    lengths = index.segments[number].lexical.lengths[rows]
    scores = np.zeros(len(rows))
    for word in words:
        counts = counts_in(word.found[number], rows)
        scores += word.weight * saturation(counts, lengths, index.average_length)
    return scores


def worth_scoring(
    index: Index, number: int, words: Sequence[Weighed], mask: np.ndarray, n: int
) -> np.ndarray:
    """Rows of segment `number` that `mask` (rows,) allows: the `n` best by BM25, all that tie with
    the last of them, and a few that only exact scores can tell from these.

    Rare words first. Once `n` rows score more by those than all other words together could give,
    a row without them has no chance: the common words are only looked up in the rows that are left,
    which become fewer with each. MaxScore: Turtle and Flood, "Query Evaluation: Strategies and
    Optimizations" (1995).
    """
    lengths = index.segments[number].lexical.lengths
    ideal = left = ideal_score(words)
    slack = 1e-5 * ideal  # what float32 may lose
    every = np.zeros(len(mask), dtype=np.float32)
    rows: np.ndarray | None = None  # those that are left, once not every row is
    for word in sorted(words, key=lambda word: -word.weight):
        left -= word.weight
        if rows is None:
            holders, counts = word.found[number]
            every[holders] += _worth(index, word, counts, lengths[holders])
            if left > ideal / 2:
                continue  # no row can have scored more than what is left
            some = np.flatnonzero(mask & (every > 0))
            scores = every[some]
        else:
            some = rows
            scores = scores + _worth(
                index, word, counts_in(word.found[number], some), lengths[some]
            )
        least = np.partition(scores, len(some) - n)[-n] - left - slack if len(some) > n else 0.0
        if rows is not None or least > 0:
            rows = some[scores >= least]
            scores = scores[scores >= least]
    return rows if rows is not None else np.flatnonzero(mask & (every > 0))


def _worth(index: Index, word: Weighed, counts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What counts (n,) of a word add to a score, in float32."""
    few, long = counts.astype(np.float32), lengths.astype(np.float32)
    return np.float32(word.weight) * saturation(few, long, index.average_length)


def frequency(index: Index, forms: Sequence[str]) -> int:
    """How many live passages hold a word in any of its forms."""
    return _live(index, [_postings(segment.lexical, forms) for segment in index.segments])


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


def _live(index: Index, found: Sequence[Found]) -> int:
    """How many of the rows that hold a word, per segment, are live."""
    return sum(
        len(one[0]) - int(np.count_nonzero(counts_in(one, deleted)))
        for one, deleted in zip(found, index.deleted, strict=True)
    )


def _postings(lexical: Lexical, forms: Sequence[str]) -> Found:
    """Rows that hold a word in any form, ascending, and how often: (n,) integers each."""
    found = [each for each in map(lexical.rows_of, forms) if len(each[0])]
    if len(found) < 2:
        return found[0] if found else lexical.rows_of(forms[0])
    rows, place = np.unique(np.concatenate([rows for rows, _ in found]), return_inverse=True)
    counts = np.bincount(place, weights=np.concatenate([counts for _, counts in found]))
    return rows, counts.astype(np.int32)
