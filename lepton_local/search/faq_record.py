"""Stored answers as the JSON that scripts read."""

from __future__ import annotations

from typing import Any

from lepton_local.search.faq import Entry, Reply
from lepton_local.search.record import SCHEMA


def reply_record(told: Reply) -> dict[str, Any]:
    """The JSON-ready record of a reply."""
    return {
        "schema": SCHEMA,
        "question": told.question,
        "carried": list(told.carried),
        "answer": None if told.answer is None else entry_record(told.answer),
        "hand_over": told.answer is None,
        "unclear": told.unclear,
        "candidates": [entry_record(each) for each in told.entries],
    }


def entry_record(entry: Entry) -> dict[str, Any]:
    """A stored question with its answer."""
    hit = entry.hit
    return {
        "question": entry.question,
        "answer": entry.answer,
        "confidence": round(entry.confidence, 4),
        "score": round(entry.score, 4),
        "index": hit.index,
        "root": hit.root,
        "path": hit.path,
        "document": hit.passage.document,
        "line": entry.line,
        "start": hit.passage.start,
        "digest": hit.source.digest,
        "stale": hit.stale,
    }
