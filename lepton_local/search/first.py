"""The first order of the passages that were found: by meaning and words, and what was asked for by
its name before all others.
"""

from __future__ import annotations

import numpy as np

from lepton_local.config import SearchConfig
from lepton_local.search import fuse
from lepton_local.search.asking import Asking
from lepton_local.search.fields import Fields
from lepton_local.search.hits import rank
from lepton_local.search.marked import MARKED, pinned
from lepton_local.search.named import NAME, bonus
from lepton_local.search.rerank import SOUGHT
from lepton_local.search.retrieve import Candidates
from lepton_local.search.symbols import SYMBOL, worth
from lepton_local.store.index import Index
from lepton_local.store.names import QUESTION, TEXT
from lepton_local.types import Hit

_STAGES = {TEXT: "dense"}  # what the votes of a field are called, if not by its name


def in_order(
    index: Index,
    fields: Fields,
    found: Candidates,
    ask: Asking,
    *,
    config: SearchConfig,
    most: int,
) -> tuple[list[Hit], list[int]]:
    """The `most` best candidates as hits, best first, and the row of each: the files that were
    asked for by name and the symbols that were before others, and the best by words among those
    that are judged.
    """
    scores, votes = _scores(fields, found, ask, mode=config.mode)
    votes |= {
        NAME: bonus(found.rows, scores, ask.names),
        SYMBOL: worth(found.rows, ask.places),
        MARKED: pinned(scores, worth(found.rows, ask.marks)),
    }
    scores = judgeable(scores, found.lexical, config.rerank_depth if ask.judged else 0)
    scores = scores + sum(votes[stage] for stage in SOUGHT)
    return rank(index, found.rows, scores, votes, most=most)


def judgeable(scores: np.ndarray, lexical: np.ndarray, depth: int) -> np.ndarray:
    """The scores (n,), that of the best by BM25 (n,) raised to be just among the first `depth`:
    where the encoder does not know a rare word, a judge should see who has it.
    """
    if not 0 < depth < len(scores) or lexical.max() <= 0:
        return scores
    raised, best = scores.copy(), int(lexical.argmax())
    least = np.sort(scores)[-depth]
    raised[best] = max(scores[best], np.nextafter(least, np.inf))
    return raised


def _scores(
    fields: Fields, found: Candidates, ask: Asking, *, mode: str
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The score of each candidate (n,), and what each stage thought of it. Of the question above a
    passage and of the whole, what is nearer to what was asked counts.
    """
    if mode == "lexical":
        return fuse.matched(found.lexical, found.ideal), {"lexical": found.lexical}
    votes = {_STAGES.get(name, name): each for name, each in found.cosines.items()}
    texts = fields.of_texts(found.cosines)
    scores = fields.likeness(texts)
    if mode == "hybrid":
        weight = fuse.share_of_words(ask.lessons.lexical, foreign=ask.foreign)
        scores = fuse.hybrid(scores, found.lexical, found.ideal, weight=weight)
        votes |= {"lexical": found.lexical, "fused": scores}
    if len(texts) < len(found.cosines):
        asked = found.cosines[QUESTION]
        near = fields.likeness({QUESTION: asked})
        scores = np.where(np.isnan(asked), scores, np.maximum(scores, near))
    return scores, votes
