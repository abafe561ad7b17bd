"""The conditions of a question as masks of rows: which passages it may find at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lepton_local.corpus.words import terms
from lepton_local.search.filters import Filter, document_mask
from lepton_local.search.lexical import forms_of
from lepton_local.search.question import Question, phrase_pattern, phrase_sieve
from lepton_local.store.bridge import FEW, take
from lepton_local.store.index import Index
from lepton_local.store.lexical import Found
from lepton_local.store.segment import Segment

Masks = list[np.ndarray]  # per segment, (rows,) bool
BLOCK = 16_384  # passages whose text is in memory at a time: 12 MB


def document_rows(index: Index, filters: Sequence[Filter]) -> Masks:
    """The live rows of the documents for which every filter holds."""
    masks = []
    for segment, live in zip(index.segments, index.live, strict=True):
        mask = live.copy()
        if filters:
            chosen = document_mask(filters, segment.column, segment.entry.documents)
            mask &= np.repeat(chosen, segment.document_rows)
        masks.append(mask)
    return masks


def row_masks(index: Index, question: Question, within: Masks) -> Masks:
    """Of the rows `within`, those that the question may find: without its -words, and with all
    words of its phrases. Whether these stand together, the text must say: see `holding`.
    """
    masks = []
    for segment, allowed in zip(index.segments, within, strict=True):
        mask = allowed.copy()
        for word in question.excluded:
            for term in forms_of(word, index.languages):
                mask[segment.lexical.rows_of(term)[0]] = False
        for phrase in question.phrases:
            mask &= _holds_words(segment.lexical.rows_of, phrase, index.languages, len(mask))
        masks.append(mask)
    return masks


def holding(segment: Segment, phrases: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """Which of these rows (n,), ascending, hold every phrase in their text or heading path: (n,)
    bool.
    """
    held = np.zeros(len(rows), dtype=bool)
    patterns = [phrase_pattern(phrase) for phrase in phrases]
    for first in range(0, len(rows), BLOCK):
        block = np.arange(first, min(first + BLOCK, len(rows)))
        table = segment.passages.take(rows[block], ["heading", "text"])
        if len(block) > FEW:
            from lepton_local.search.sieve import sieve  # as long to load as to read a few texts

            likely = sieve(table, [phrase_sieve(phrase) for phrase in phrases])
            block, table = block[likely], take(table, likely)
        pairs = zip(*(column.to_pylist() for column in table.columns), strict=True)
        held[block] = [all(p.search(t) or p.search(h) for p in patterns) for h, t in pairs]
    return held


def nothing_left(
    question: Question, filters: Sequence[str], within: Masks, masks: Masks
) -> tuple[str, ...]:
    """What a person should know when no passage was found: which condition left none.

    within: what the filters left; masks: what was left of it when the search ended.
    """
    if filters and not any(mask.any() for mask in within):
        return ("no document passes the filters; leave one out",)
    if question.phrases and not any(mask.any() for mask in masks):
        phrases = ", ".join(f'"{phrase}"' for phrase in question.phrases)
        return (f"no passage holds {phrases} word for word; ask without the quotation marks",)
    return ()


def _holds_words(
    rows_of: Callable[[str], Found], phrase: str, languages: Sequence[str], rows: int
) -> np.ndarray:
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
