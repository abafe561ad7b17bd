"""The first stage: candidates by meaning and by words, each under the same mask of rows, each with
both scores.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from lepton_local.corpus.words import terms
from lepton_local.search.question import Filter, Question, document_mask, phrase_pattern
from lepton_local.store.bm25 import idf, saturation
from lepton_local.store.index import Index
from lepton_local.types import Hit

Masks = Sequence[np.ndarray]  # per segment, (rows,) bool
RowsOf = Callable[[str], tuple[np.ndarray, np.ndarray]]  # term -> rows, counts


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages worth a closer look. rows: (n,) int64 over the whole index; dense, lexical: (n,)
    float64.
    """

    rows: np.ndarray
    dense: np.ndarray  # cosines
    lexical: np.ndarray  # BM25
    ideal: float  # BM25 of a passage that holds every word of the question without end
    corrections: Mapping[str, str] = field(
        default_factory=dict
    )  # word asked -> term searched in its place
    seconds: Mapping[str, float] = field(default_factory=dict)


def document_rows(index: Index, filters: Sequence[Filter]) -> list[np.ndarray]:
    """Per segment, (rows,) bool: the live rows of the documents for which every filter holds."""
    masks = []
    for segment, live in zip(index.segments, index.live, strict=True):
        mask = live.copy()
        if filters:
            chosen = document_mask(filters, segment.documents.table, segment.entry.documents)
            mask &= np.repeat(chosen, segment.document_rows)
        masks.append(mask)
    return masks


def row_masks(index: Index, question: Question, filters: Sequence[Filter]) -> list[np.ndarray]:
    """The rows that the question may find: live, in documents that pass the filters, with its
    phrases, without -words.
    """
    masks = document_rows(index, filters)
    for segment, mask in zip(index.segments, masks, strict=True):
        for word in question.excluded:
            for term in _forms(word, index.languages):
                mask[segment.lexical.rows_of(term)[0]] = False
        for phrase in question.phrases:
            rows = np.flatnonzero(
                mask & _holds_words(segment.lexical.rows_of, phrase, index.languages, len(mask))
            )
            pattern = phrase_pattern(phrase)
            texts = segment.passages.take(rows, ["heading", "text"])
            mask[:] = False
            for row, heading, text in zip(
                rows, *(texts.column(c).to_pylist() for c in ("heading", "text")), strict=True
            ):
                mask[row] = pattern.search(text) is not None or pattern.search(heading) is not None
    return masks


def retrieve(
    index: Index,
    question: Question,
    vector: np.ndarray | None,
    masks: Masks,
    *,
    n: int,
    lexical: bool,
) -> Candidates:
    """The best `n` by each retriever that is asked for, joined.

    vector: (dim,) float32 unit row, or None to search by words alone; lexical: whether to search by
    words.
    """
    seconds = {}
    began = time.perf_counter()
    corrections: dict[str, str] = {}
    scores, ideal = [np.zeros(len(mask)) for mask in masks], 0.0
    if lexical:
        weights, corrections = question_terms(index, question.text)
        scores, ideal = lexical_scores(index, weights)
        seconds["lexical"] = time.perf_counter() - began
    began = time.perf_counter()
    rows, dense, words = [], [], []
    for number, (segment, mask) in enumerate(zip(index.segments, masks, strict=True)):
        found = [_top(np.where(mask, scores[number], 0.0), n)] if lexical else []
        if vector is not None:
            found.append(segment.nearest(vector, n, mask))
        near = np.unique(np.concatenate(found)).astype(np.int64)
        rows.append(near + index.offsets[number])
        dense.append(segment.cosines(vector, near) if vector is not None else np.zeros(len(near)))
        words.append(scores[number][near])
    if vector is not None:
        seconds["dense"] = time.perf_counter() - began
    empty = np.empty(0)
    return Candidates(
        np.concatenate(rows or [empty]).astype(np.int64),
        np.concatenate(dense or [empty]),
        np.concatenate(words or [empty]),
        ideal,
        corrections,
        seconds,
    )


def lexical_scores(index: Index, weights: Mapping[str, float]) -> tuple[list[np.ndarray], float]:
    """BM25 of every row, per segment, with statistics over all live rows; and its upper bound.

    Terms are added in their order, so that sums do not depend on how the index is cut.
    """
    scores = [np.zeros(entry.rows) for entry in index.manifest.segments]
    ideal = 0.0
    for term in sorted(weights):
        found = [segment.lexical.rows_of(term) for segment in index.segments]
        pairs = zip(found, index.live, strict=True)
        frequency = sum(int(live[rows].sum()) for (rows, _), live in pairs)
        weight = weights[term] * idf(frequency, index.rows)
        ideal += weight
        for (rows, counts), segment, into in zip(found, index.segments, scores, strict=True):
            lengths = segment.lexical.lengths[rows]
            into[rows] += weight * saturation(
                counts.astype(np.float64), lengths, index.average_length
            )
    return scores, ideal


def question_terms(index: Index, text: str) -> tuple[dict[str, float], dict[str, str]]:
    """The terms to search by, each with its weight, and which words were replaced by their nearest
    spelling.
    """
    weights: dict[str, float] = {}
    for language in index.languages or ("en",):
        for term, count in Counter(terms(text, language=language)).items():
            weights[term] = max(weights.get(term, 0.0), float(count))
    corrections = {}
    for word in dict.fromkeys(re.findall(r"[^\W\d_]{5,}", text)):
        forms = _forms(word, index.languages)
        if not any(form in segment.lexical for form in forms for segment in index.segments):
            nearest = _nearest_spelling(index, sorted(forms)[0])
            if nearest is not None:
                corrections[word] = nearest
                weights[nearest] = weights.get(nearest, 0.0) + 1.0
    return weights, corrections


def _nearest_spelling(index: Index, term: str) -> str | None:
    """The commonest of the nearest terms: one slip from six letters on, two from nine."""
    slips = 0 if len(term) < 6 else 1 if len(term) < 9 else 2
    best: list[tuple[int, int, str]] = []
    for segment in index.segments:
        near = process.extract(
            term,
            segment.lexical.vocabulary.to_pylist(),
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=8,
        )
        for other, distance, _ in near:
            if other[0] == term[0]:
                best.append((int(distance), -len(segment.lexical.rows_of(other)[0]), other))
    return min(best)[2] if best else None


def _forms(word: str, languages: Sequence[str]) -> set[str]:
    return {term for language in languages or ("en",) for term in terms(word, language=language)}


def _holds_words(rows_of: RowsOf, phrase: str, languages: Sequence[str], rows: int) -> np.ndarray:
    """(rows,) bool: rows with all words of a phrase in some language's form; misses none."""
    found = np.zeros(rows, dtype=bool)
    for language in languages or ("en",):
        counts = np.zeros(rows, dtype=np.int32)
        wanted = set(terms(phrase, language=language))
        for term in wanted:
            counts[rows_of(term)[0]] += 1
        found |= counts == len(wanted)
    return found


def _top(scores: np.ndarray, n: int) -> np.ndarray:
    """The rows of the best `n` scores above zero, and of all that tie with the last of them."""
    rows = np.flatnonzero(scores > 0)
    if len(rows) <= n:
        return rows
    values = scores[rows]
    return np.asarray(rows[values >= np.partition(values, len(values) - n)[len(values) - n]])


def surface_forms(corrections: Mapping[str, str], hits: Sequence[Hit]) -> dict[str, str]:
    """The same corrections in words that people write: a term is a stem, so the hits are asked how
    they spell it.
    """
    found = {}
    for asked, term in corrections.items():
        words = (word for hit in hits for word in re.findall(r"[^\W\d_]+", hit.passage.text))
        found[asked] = next((word.lower() for word in words if term in terms(word)), term)
    return found
