"""The first order of the passages that were found: by meaning and words, and what was asked for by
its name before all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lepton_local.search import fuse
from lepton_local.search.fields import Fields
from lepton_local.search.hits import rank
from lepton_local.search.named import NAME, Rows, bonus
from lepton_local.search.retrieve import Candidates
from lepton_local.search.symbols import SYMBOL, worth
from lepton_local.store.index import Index
from lepton_local.store.names import TEXT
from lepton_local.types import Hit

_STAGES = {TEXT: "dense"}  # what the votes of a field are called, if not by its name


def in_order(
    index: Index,
    fields: Fields,
    found: Candidates,
    *,
    mode: str,
    foreign: bool,
    names: Sequence[Rows],
    places: Mapping[Rows, float],
    most: int,
) -> tuple[list[Hit], list[int]]:
    """The `most` best candidates as hits, best first, and the row of each.

    foreign: no encoder was made for the question's language; names: the rows of files that were
    asked for by name; places: what is added to the rows of symbols that were.
    """
    scores, votes = _scores(fields, found, mode=mode, foreign=foreign)
    votes |= {NAME: bonus(found.rows, scores, names), SYMBOL: worth(found.rows, places)}
    return rank(index, found.rows, scores + votes[NAME] + votes[SYMBOL], votes, most=most)


def _scores(
    fields: Fields, found: Candidates, *, mode: str, foreign: bool
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The score of each candidate (n,), and what each stage thought of it."""
    if mode == "lexical":
        return fuse.matched(found.lexical, found.ideal), {"lexical": found.lexical}
    votes = {_STAGES.get(name, name): each for name, each in found.cosines.items()}
    scores = fields.likeness(found.cosines)
    if mode == "hybrid":
        scores = fuse.hybrid(scores, found.lexical, found.ideal, foreign=foreign)
        votes |= {"lexical": found.lexical, "fused": scores}
    return scores, votes
