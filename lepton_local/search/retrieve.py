"""The first stage: candidates by meaning and by words, each under the same mask of rows, each with
both scores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lepton_local.corpus.words import terms
from lepton_local.search.lexical import forms_of, lexical_scores, question_words
from lepton_local.search.question import Filter, Question, document_mask, phrase_pattern
from lepton_local.store.index import Index

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


def nothing_left(index: Index, question: Question, filters: Sequence[Filter]) -> tuple[str, ...]:
    """What a person should know when no passage was found: which condition left none."""
    if filters and not any(mask.any() for mask in document_rows(index, filters)):
        return ("no document passes the filters; leave one out",)
    if question.phrases and not any(mask.any() for mask in row_masks(index, question, filters)):
        phrases = ", ".join(f'"{phrase}"' for phrase in question.phrases)
        return (f"no passage holds {phrases} word for word; ask without the quotation marks",)
    return ()


def row_masks(index: Index, question: Question, filters: Sequence[Filter]) -> list[np.ndarray]:
    """The rows that the question may find: live, in documents that pass the filters, with its
    phrases, without -words.
    """
    masks = document_rows(index, filters)
    for segment, mask in zip(index.segments, masks, strict=True):
        for word in question.excluded:
            for term in forms_of(word, index.languages):
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
        asked, corrections = question_words(index, question.text)
        scores, ideal = lexical_scores(index, asked)
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
    cosines, counted = np.concatenate(dense or [empty]), np.concatenate(words or [empty])
    # The best of each segment are more than the best of all: an index of many segments must not
    # look at passages that a fresh one would not.
    chosen = np.zeros(len(cosines), dtype=bool)
    if lexical:
        chosen[_top(counted, n)] = True
    if vector is not None:
        chosen[_best(cosines, n)] = True
    return Candidates(
        np.concatenate(rows or [empty]).astype(np.int64)[chosen],
        cosines[chosen],
        counted[chosen],
        ideal,
        corrections,
        seconds,
    )


def _holds_words(rows_of: RowsOf, phrase: str, languages: Sequence[str], rows: int) -> np.ndarray:
    """(rows,) bool: rows with all words of a phrase in some language's form; the phrase is looked
    for in these alone.

    Where a word has parts ("os.path"), the parts count: in a passage it may be part of a longer one
    ("os.path.join").
    """
    found = np.zeros(rows, dtype=bool)
    for language in languages or ("en",):
        counts = np.zeros(rows, dtype=np.int32)
        forms = [terms(word, language=language) for word in phrase.split()]
        wanted = {term for each in forms for term in (each[1:] or each)}
        for term in wanted:
            counts[rows_of(term)[0]] += 1
        found |= counts == len(wanted)
    return found


def _top(scores: np.ndarray, n: int) -> np.ndarray:
    """The rows of the best `n` scores above zero, and of all that tie with the last of them."""
    rows = np.flatnonzero(scores > 0)
    return np.asarray(rows[_best(scores[rows], n)])


def _best(scores: np.ndarray, n: int) -> np.ndarray:
    """(rows,) bool: the best `n` scores, and all that tie with the last of them."""
    if len(scores) <= n:
        return np.ones(len(scores), dtype=bool)
    return np.asarray(scores >= np.partition(scores, len(scores) - n)[len(scores) - n])
