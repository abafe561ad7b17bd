"""The second stage: a reranker judges the best few passages, a reader looks for answers in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lepton_local.models.roles import Reader, Reading, Reranker
from lepton_local.search import fuse
from lepton_local.search.hits import order, passage_text
from lepton_local.types import Hit, Vote


def rerank(
    question: str, hits: Sequence[Hit], *, reranker: Reranker | None, reader: Reader | None
) -> tuple[list[Hit], list[Reading]]:
    """Hits in their final order, and a reading of each; none without a reader.

    A network that is both reranker and reader sees each passage once.
    """
    texts = [passage_text(hit) for hit in hits]
    readings = reader.read(question, texts) if reader is not None and hits else []
    if reranker is None or not hits:
        return list(hits), readings
    if id(reranker) == id(reader):
        logits = np.array([reading.relevance for reading in readings], dtype=np.float64)
    else:
        logits = reranker.score(question, texts).astype(np.float64)
    final = fuse.judged(
        np.array([hit.score for hit in hits]), logits, how=reranker.calibration.rerank
    )
    places = np.argsort(np.argsort(-logits, kind="stable"), kind="stable") + 1
    judged = [
        replace(hit, score=float(score), why=(*hit.why, Vote("rerank", int(place), float(logit))))
        for hit, score, place, logit in zip(hits, final, places, logits, strict=True)
    ]
    best_first = sorted(range(len(judged)), key=lambda i: order(judged[i]))
    return [judged[i] for i in best_first], [readings[i] for i in best_first if readings]


def unjudged(hits: Sequence[Hit], reranker: Reranker) -> list[Hit]:
    """The hits below those that were judged: they count as irrelevant, and so stay below."""
    how = reranker.calibration.rerank
    return [replace(hit, score=fuse.unjudged(hit.score, how=how)) for hit in hits]
