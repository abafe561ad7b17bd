"""The second stage: a reranker judges the best few passages, a reader looks for answers in them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

import numpy as np

from lepton_local.models.roles import Reader, Reading, Reranker
from lepton_local.search import fuse
from lepton_local.search.hits import order, passage_text
from lepton_local.search.marked import MARKED
from lepton_local.search.named import NAME
from lepton_local.search.symbols import SYMBOL
from lepton_local.types import Hit, Vote

SOUGHT = (NAME, SYMBOL, MARKED)  # stages that no judge overrules


def rerank(
    question: str,
    hits: Sequence[Hit],
    *,
    depth: int,
    reranker: Reranker | None,
    reader: Reader | None,
    share: float | None = None,
    seen: Container[str] = (),
) -> tuple[list[Hit], list[Reading]]:
    """Hits in their final order, and a reading of each of the first `depth`; none without a reader.

    A network that is both reranker and reader sees each passage once. share: of the judge in a
    final score, in place of its own; seen: fields of pictures, which a judge of texts does not see:
    it agrees with whatever found them.
    """
    head = hits[:depth]
    texts = [passage_text(hit) for hit in head]
    readings = reader.read(question, texts) if reader is not None and head else []
    if reranker is None or not head:
        return list(hits), readings
    told = [reading.relevance for reading in readings if reading.relevance is not None]
    if reader is not None and reader.digest == reranker.digest and len(told) == len(head):
        logits = np.array(told, dtype=np.float64)
    else:
        logits = reranker.score(question, texts).astype(np.float64)
    fused = np.array([hit.score for hit in hits])
    bonus = np.array([sum(vote.score for vote in hit.why if vote.stage in SOUGHT) for hit in hits])
    pictured = np.array([any(vote.stage in seen for vote in hit.why) for hit in head], dtype=bool)
    how = reranker.calibration.rerank
    logits[pictured] = how.temperature * fuse.unjudged(np.array([h.score for h in head])[pictured])
    how = how if share is None else replace(how, share=share)
    final = fuse.judged(fused - bonus, logits, how=how) + bonus
    scored = [replace(hit, score=float(score)) for hit, score in zip(hits, final, strict=True)]
    places = np.argsort(np.argsort(-logits, kind="stable"), kind="stable") + 1
    judged = [
        hit if picture else replace(hit, why=(*hit.why, Vote("rerank", int(place), float(logit))))
        for hit, place, logit, picture in zip(scored, places, logits, pictured, strict=False)
    ]
    best_first = sorted(range(len(judged)), key=lambda i: order(judged[i]))
    return (
        [*(judged[i] for i in best_first), *scored[depth:]],
        [readings[i] for i in best_first if readings],
    )
