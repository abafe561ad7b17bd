"""Every question that stands above its answer in an index, and those that ask nearly the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lepton_local.corpus.stored import stored_question
from lepton_local.models.roles import Encoder
from lepton_local.search.mined import below
from lepton_local.store.index import Index
from lepton_local.store.names import QUESTION
from lepton_local.store.typed import strings

_BLOCK = 4096  # passages that are looked at together


@dataclass(frozen=True, slots=True)
class Stored:
    """A question that stands in a document."""

    question: str
    document: str
    line: int
    answer: str  # what stands below it, or the first passage of that


def near_duplicates(
    index: Index, encoder: Encoder, *, least: float
) -> list[tuple[float, Stored, Stored]]:
    """Pairs of stored questions with a cosine of `least` or more, the nearest first."""
    found = list(stored_questions(index))
    rows = np.array([row for row, _ in found], dtype=np.int64)
    entries = [each for _, each in found]
    vectors = _vectors(index, rows, encoder.digest)
    lacking = np.flatnonzero(np.isnan(vectors[:, 0]))
    if len(lacking):
        asked = [entries[at].question for at in lacking.tolist()]
        vectors[lacking] = encoder.encode(asked, kind="question")
    pairs = []
    for number, vector in enumerate(vectors):
        cosines = vectors[number + 1 :] @ vector
        for other in np.flatnonzero(cosines >= least).tolist():
            pairs.append((float(cosines[other]), entries[number], entries[number + 1 + other]))
    return sorted(pairs, key=lambda each: -each[0])


def stored_questions(index: Index) -> Iterator[tuple[int, Stored]]:
    """Every question that stands above its answer, once a document, in the order of the index, with
    the row of the first passage below it.
    """
    rows = np.flatnonzero(np.concatenate([np.zeros(0, dtype=bool), *index.live]))
    seen: set[tuple[int, str]] = set()
    columns = ["document", "line", "heading", "text"]
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        passages = index.take_passages(block, columns).to_pylist()
        numbers = np.array([each["document"] for each in passages], dtype=np.int64)
        documents = index.take_documents(numbers, ["path", "key", "metadata"]).to_pylist()
        for row, passage, document in zip(block.tolist(), passages, documents, strict=True):
            words = stored_question(passage["heading"], strings(document["metadata"]))
            if words and (entry := (passage["document"], words)) not in seen:
                seen.add(entry)
                key = document["key"]
                name = f"{document['path']}#{key}" if key else document["path"]
                answer = below(passage["text"], passage["heading"], words)
                yield row, Stored(words, name, passage["line"], answer)


def _vectors(index: Index, rows: np.ndarray, encoder: str) -> np.ndarray:
    """The vectors (n, dim) float64 of the questions above these rows (n,), ascending, that the
    encoder of this digest has made; NaN where the index has none.
    """
    vectors = np.full((len(rows), index.manifest.encoder.dim), np.nan)
    for segment, first in zip(index.segments, index.offsets.tolist(), strict=False):
        field = segment.fields.get(QUESTION)
        if field is not None and field.entry.encoder == encoder:
            own = field.rows() + first
            here = np.isin(rows, own)
            vectors[here] = field.vectors[np.searchsorted(own, rows[here])]
    return vectors
