"""What an index has learnt from feedback, as a question uses it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from lepton_local.config import SearchConfig
from lepton_local.errors import LeptonError
from lepton_local.models.calibration import Answer
from lepton_local.models.resolve import BUNDLED
from lepton_local.store import learnt, taught
from lepton_local.store.index import Index
from lepton_local.store.learnt import Learnt


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Numbers in place of those that ship; None: as they ship."""

    lexical: float | None = None  # share of the words in a hybrid score
    judge: float | None = None  # share of the judge in a final score
    threshold: float | None = None  # an answer less probable is not given
    asked: np.ndarray | None = None  # (n, dim) questions that were marked
    moves: np.ndarray | None = None  # (n, dim) by which each, and what is like it, is moved
    width: float = 1.0  # of that likeness
    encoder: str = ""  # digest of the one whose vectors these are

    def moved(self, vector: np.ndarray, encoder: str) -> np.ndarray:
        """The vector (dim,) of a question, moved as the marked questions that it is like were."""
        if self.asked is None or self.moves is None or encoder != self.encoder:
            return vector
        double = vector.astype(np.float64)
        changed = double + likeness(self.asked @ double, self.width) @ self.moves
        return np.asarray(changed / np.linalg.norm(changed), dtype=vector.dtype)

    def answering(self, how: Answer) -> Answer:
        """A reader's calibration, with the threshold that was learnt."""
        return how if self.threshold is None else replace(how, threshold=self.threshold)


NONE = Lessons()


def likeness(cosines: np.ndarray, width: float) -> np.ndarray:
    """How far a question moves along with another one: 1 for the same, and soon 0."""
    return np.asarray(np.exp((cosines - 1) / width))


def judging(config: SearchConfig, index: Index) -> SearchConfig:
    """The same settings with the judge that an index was taught, in place of the bundled one."""
    if not config.feedback or {config.reranker, config.reader} != {BUNDLED}:
        return config
    if len(index.members) == 1:
        with contextlib.suppress(LeptonError, OSError):
            place = index.members[0].place
            told, folder = learnt.read(place), taught.folder_of(place)
            if told is not None and told.adapters and taught.is_own(folder):
                return replace(config, reranker=str(folder), reader=str(folder))
    return config


def lessons(index: Index) -> Lessons:
    """What an index has learnt; nothing where several are searched as one, and nothing where the
    file cannot be read or is another user's.
    """
    if len(index.members) == 1:
        with contextlib.suppress(LeptonError, OSError):
            place = index.members[0].place
            state = os.stat(learnt.path_of(place))
            return _read(place, (state.st_mtime_ns, state.st_ctime_ns, state.st_size))
    return NONE


@lru_cache(8)
def _read(place: str, _state: tuple[int, ...]) -> Lessons:
    told = learnt.read(place)
    return NONE if told is None else used(told)


def used(told: Learnt) -> Lessons:
    """What is learnt, ready to be used."""
    if told.moved is None:
        return Lessons(told.lexical, told.judge, told.threshold)
    asked, moves = learnt.arrays(told.moved)
    width = told.moved.width
    return Lessons(told.lexical, told.judge, told.threshold, asked, moves, width, told.encoder)
