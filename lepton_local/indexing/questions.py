"""Vectors of the questions that stand above their answers, as a field of their own: so what is
asked is compared with each of them, and with the question and its answer together. Rows below no
question have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from lepton_local.config import BuildConfig
from lepton_local.corpus.stored import PAIR, stored_question
from lepton_local.indexing.tally import Tally
from lepton_local.models.roles import Encoder
from lepton_local.store.entry import EncoderId, SegmentEntry
from lepton_local.store.names import QUESTION, TEXT
from lepton_local.store.segment import Segment
from lepton_local.store.storage import Storage
from lepton_local.store.typed import strings
from lepton_local.store.vectors import add_field

BLOCK = 4096  # vectors in memory while they are written


def with_questions(
    storage: Storage,
    entries: Sequence[SegmentEntry],
    encoder: Encoder,
    config: BuildConfig,
    tally: Tally,
    encoders: Mapping[str, EncoderId],
) -> list[SegmentEntry]:
    """Segments that were written, with the vectors of their questions. encoder: that of the texts;
    encoders: of the index.
    """
    if not is_ours(encoders):
        return list(entries)
    return [_with(storage, entry, encoder, config, tally) for entry in entries]


def named(
    encoders: Mapping[str, EncoderId], entries: Sequence[SegmentEntry]
) -> dict[str, EncoderId]:
    """The encoders of an index of these segments, that of the questions among them if there are
    any.
    """
    if not is_ours(encoders):
        return dict(encoders)
    others = {name: each for name, each in encoders.items() if name != QUESTION}
    there = any(QUESTION in entry.fields for entry in entries)
    return {**others, QUESTION: encoders[TEXT]} if there else others


def is_ours(encoders: Mapping[str, EncoderId]) -> bool:
    """Whether the name of the field is free, or means these vectors: somebody may have given it to
    another encoder's.
    """
    return encoders.get(QUESTION, encoders[TEXT]).digest == encoders[TEXT].digest


def _with(
    storage: Storage, entry: SegmentEntry, encoder: Encoder, config: BuildConfig, tally: Tally
) -> SegmentEntry:
    rows, words = _stored(Segment(storage, entry))
    if not len(rows):
        return entry
    return add_field(
        storage,
        entry,
        QUESTION,
        _encoded(words, encoder, tally),
        rows=len(rows),
        some=rows if len(rows) < entry.rows else None,
        encoder=encoder.digest,
        dim=encoder.dim,
        faiss=config.faiss,
        recall=config.recall,
        gpu=config.device != "cpu",
    )


def _encoded(words: Sequence[str], encoder: Encoder, tally: Tally) -> Iterator[np.ndarray]:
    """A vector for each of the questions, a block at a time; equal ones of a block once."""
    for first in range(0, len(words), BLOCK):
        block = words[first : first + BLOCK]
        place = {each: number for number, each in enumerate(dict.fromkeys(block))}
        with tally.timed("encode"):
            vectors = encoder.encode(list(place), kind="question").astype(np.float16)
        yield vectors[[place[each] for each in block]]


def _stored(segment: Segment) -> tuple[np.ndarray, list[str]]:
    """The rows (n,) that stand below a question, ascending, and the question of each. Equal
    headings are looked at once, and equal metadata.
    """
    headings, told = segment.passages.coded("heading"), segment.documents.coded("metadata")
    asked = [stored_question(each, {}) for each in headings.values.to_pylist()]
    pairs = [strings(each).get(PAIR, "") for each in told.values.to_pylist()]
    above = np.array([bool(each) for each in asked], dtype=bool)[headings.codes]
    of = np.repeat(told.codes, segment.document_rows)
    rows = np.flatnonzero(above | np.array([bool(each) for each in pairs], dtype=bool)[of])
    return rows, [pairs[of[row]] or asked[headings.codes[row]] for row in rows.tolist()]
