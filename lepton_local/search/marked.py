"""Passages that a person has marked for a question: the same question, or one very near it, finds
what was good first and what was bad last.

A mark touches no other question, so nobody can raise a passage for everything. And one mark alone
may be a slip: where it contradicts the best passage by far it raises its own by so much and no
more, until that is marked once more, or the best one is marked as bad.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from lepton_local.corpus.words import fold, plain, terms
from lepton_local.errors import LeptonError
from lepton_local.models.roles import Encoder
from lepton_local.search.named import Rows
from lepton_local.searched import Condition
from lepton_local.store.feedback import (
    ANSWER_BAD,
    ANSWER_GOOD,
    HIT_BAD,
    HIT_GOOD,
    Event,
    Feedback,
    asked_with,
)
from lepton_local.store.index import Index

MARKED = "marked"  # the stage of the search that this is
NEAR = 0.95  # cosine from which two questions ask the same
_DIGEST = re.compile(r"[0-9a-f]{32}")
MOST = 32  # marked questions that are encoded for one that is asked
PIN = 4.0  # what is added to scores: more than for a name or a definition, none of them above 3
# By how much the best passage may lie above one that a single mark puts first. Of passages that are
# right and did not come first hardly any lies so far below; of the ten that are shown for a stored
# question, half do.
FAR = 0.2
_GOOD = {HIT_GOOD: True, ANSWER_GOOD: True, HIT_BAD: False}
_ANSWERS = {ANSWER_GOOD: False, ANSWER_BAD: True}  # whether an answer is wrong


@dataclass(frozen=True, slots=True)
class Marks:
    """What was marked for a question: rows, and how often each was called good in the last, or,
    below 0, bad; and answers, by `key_of`, that are wrong.
    """

    rows: Mapping[Rows, float] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()


def marked(
    index: Index,
    asked: str,
    vector: np.ndarray | None,
    encoder: Encoder | None,
    *,
    filters: Iterable[Condition] = (),
) -> Marks:
    """What was marked for this question, asked with no filter that it is not asked with now.

    vector: (dim,) of the question by `encoder`; without them only the very same question counts. Of
    several marks of a passage or an answer the last holds, and those before it that say the same
    make it stronger.
    """
    said: dict[str, int] = {}
    wrong: dict[str, bool] = {}
    within = set(asked_with(filters))
    for member in index.members:
        events = [each for each in _events(member.place) if within.issuperset(each.filters)]
        same = _same(asked, events, vector, encoder) if events else set()
        for what, action in ((e.what, e.action) for e in events if e.question in same):
            if what is not None and action in _GOOD:
                before, vote = said.get(what.passage, 0), 1 if _GOOD[action] else -1
                said[what.passage] = before + vote if before * vote > 0 else vote
            if what is not None and what.text and action in _ANSWERS:
                wrong[key_of(what.text)] = _ANSWERS[action]
    rows = {(row, row + 1): float(said[name]) for row, name in rows_of(index, said)}
    return Marks(rows, frozenset(words for words, is_wrong in wrong.items() if is_wrong))


def pinned(scores: np.ndarray, said: np.ndarray) -> np.ndarray:
    """What marks add to the scores (n,) of passages; said: (n,) how often each was called good in
    the last, or, below 0, bad.
    """
    best = scores[said >= 0].max(initial=-np.inf)
    far = (said == 1) & (best - scores > FAR)
    return np.asarray(np.where(far, FAR, PIN * np.sign(said)))


def _events(path: str) -> tuple[Event, ...]:
    """The events of an index; none where they cannot be read or are another user's."""
    with contextlib.suppress(LeptonError, OSError):
        kept = Feedback(path)
        state = os.stat(kept.path)
        return _read(path, (state.st_mtime_ns, state.st_ctime_ns, state.st_size))
    return ()


@lru_cache(8)
def _read(path: str, _state: tuple[int, ...]) -> tuple[Event, ...]:
    return tuple(Feedback(path).events())


def _same(
    asked: str, events: list[Event], vector: np.ndarray | None, encoder: Encoder | None
) -> set[str]:
    """Those of the marked questions that ask the same."""
    key, words = key_of(asked), set(terms(asked))
    questions = list(dict.fromkeys(event.question for event in events))
    same = {each for each in questions if key_of(each) == key}
    if vector is None or encoder is None:
        return same
    # To encode costs milliseconds: only what shares half of the words may be near.
    near = [each for each in questions if 2 * len(words & set(terms(each))) >= len(words)]
    near = [each for each in near if each not in same][-MOST:]
    if near:
        likeness = encoder.encode(near, kind="question") @ vector
        same |= {each for each, cosine in zip(near, likeness, strict=True) if cosine >= NEAR}
    return same


def rows_of(index: Index, passages: Collection[str]) -> Iterator[tuple[int, str]]:
    """The live rows whose passages have these digests, each with its passage's."""
    names = {bytes.fromhex(digest): digest for digest in passages if _DIGEST.fullmatch(digest)}
    halves = np.array([np.frombuffer(name, dtype=np.uint64)[0] for name in names], np.uint64)
    if not names:
        return
    for segment, live, offset in zip(index.segments, index.live, index.offsets, strict=False):
        first = int(offset)
        for chunk in segment.passages.column("text_digest").chunks:
            held = np.frombuffer(chunk.buffers()[1], dtype=np.uint64).reshape(-1, 2)
            held = held[chunk.offset : chunk.offset + len(chunk)]
            for at in np.flatnonzero(np.isin(held[:, 0], halves)).tolist():
                name = names.get(held[at].tobytes())
                if name is not None and live[first + at - int(offset)]:
                    yield first + at, name
            first += len(chunk)


def key_of(question: str) -> str:
    """What two ways to write one question share."""
    return " ".join(fold(plain(question)).split()).rstrip(" ?!.")
