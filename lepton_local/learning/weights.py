"""What the words count, or what the judge does: the best of a few choices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from lepton_local.learning.held import Held
from lepton_local.search.fuse import LEXICAL_WEIGHT
from lepton_local.search.lessons import Lessons
from lepton_local.search.searcher import Searcher

WORDS = (LEXICAL_WEIGHT, 0.0, 0.1, 0.4, 0.6, 0.9)  # their share; what ships comes first
JUDGE = (1.0, 0.0, 0.5, 1.5, 2.0)  # times the judge's own share


def weighed(held: Held, some: np.ndarray, lessons: Lessons) -> Lessons:
    """The choice by which these questions find most; of equals the nearest to what ships."""
    del lessons  # it is the first step
    asked = [held.asked[at] for at in some]
    return max(_choices(held.trial.searcher), key=lambda each: held.trial.value(asked, each))


@lru_cache(1)
def _choices(searcher: Searcher) -> list[Lessons]:
    """Made once, since what is known of a choice is known by its identity."""
    if not searcher.config.rerank:
        return [Lessons(words) for words in WORDS]
    share = searcher.reranker.calibration.rerank.share
    choices = [(words, JUDGE[0]) for words in WORDS] + [(WORDS[0], times) for times in JUDGE[1:]]
    return [Lessons(words, min(times * share, 1.0)) for words, times in choices]
