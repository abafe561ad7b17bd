"""A result as the JSON that scripts read: one versioned schema for `query --json`, batch and
agents.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lepton_local.searched import Term
from lepton_local.store.feedback import query_id
from lepton_local.store.pictured import Depicted
from lepton_local.types import Answer, Hit, Meant, Passage, Place, Related, Result

if TYPE_CHECKING:
    from lepton_local.search.evidence import Evidence, Piece
    from lepton_local.search.summary import Summary
    from lepton_local.search.table import Row
    from lepton_local.search.written import Written

SCHEMA = 1


def result_record(
    result: Result,
    *,
    id: Any = None,  # noqa: A002  # the schema's own word
    skipped: int = 0,
) -> dict[str, Any]:
    """The JSON-ready record of one question. skipped: hits before the first of these."""
    first, guesses = result.indexes[0], result.guesses
    return {
        "schema": SCHEMA,
        "id": id,
        "query_id": query_id(
            result.standalone or result.question, (hit.passage.digest for hit in result.hits)
        ),
        "question": result.question,
        "standalone": result.standalone,
        "carried": list(result.carried),
        "origins": [asdict(each) for each in result.origins],
        "clarify": [meant_record(each) for each in result.clarify],
        "terms": [term_record(each) for each in result.terms],
        "conditions": [asdict(each) for each in result.conditions],
        "index": first.index,
        "generation": first.generation,
        "indexes": [asdict(each) for each in result.indexes],
        "answer": answer_record(result.answer) if result.answer is not None else None,
        "answers": [
            {
                **answer_record(each),
                "guess": each in guesses,
                "conflict": each in result.conflicts,
            }
            for each in result.answers
        ],
        "conflict": bool(result.conflicts),
        "related": [related_record(each) for each in result.related],
        "null_confidence": round(result.null_confidence, 4),
        "corrections": dict(result.corrections),
        "notes": list(result.notes),
        "hits": [hit_record(hit, rank) for rank, hit in enumerate(result.hits, skipped + 1)],
        **({"partial": True, "missing": round(result.missing, 6)} if result.missing else {}),
        "seconds": {stage: round(spent, 4) for stage, spent in result.seconds.items()},
    }


def meant_record(meant: Meant) -> dict[str, Any]:
    """One of two things that a question may be about, and its answer."""
    answer = answer_record(meant.answer) if meant.answer is not None else None
    return {"words": list(meant.words), "question": meant.question, "answer": answer}


def related_record(related: Related) -> dict[str, Any]:
    """A question near the one that was asked, and its answer."""
    answer = answer_record(related.answer)
    return {"question": related.question, "kind": related.kind, "answer": answer}


def row_record(row: Row, number: int) -> dict[str, Any]:
    """The JSON-ready record of a row of a table, the `number`-th of it."""
    told = ("question", "answer", "answers", "conflict", "null_confidence", "corrections", "notes")
    cells = [result_record(each) for each in row.cells]
    return {
        "schema": SCHEMA,
        "row": number,
        "index": row.index,
        "root": row.root,
        "file": os.path.join(row.root, row.path),
        "path": row.path,
        "document": row.document,
        "title": row.title,
        "date": row.date,
        "cells": [{name: cell[name] for name in told} for cell in cells],
    }


def error_record(error: str, *, line: int, id: Any = None) -> dict[str, Any]:  # noqa: A002
    """That of a line of a batch that asks nothing."""
    return {"schema": SCHEMA, "id": id, "line": line, "error": error}


def term_record(term: Term) -> dict[str, Any]:
    """A word of the question: its stems, how telling it is, and how many passages hold it."""
    return {
        "forms": list(term.forms),
        "weight": round(term.weight, 4),
        "passages": term.passages,
    }


def answer_record(answer: Answer) -> dict[str, Any]:
    """One answer."""
    hit = answer.hit
    return {
        "text": answer.text,
        "confidence": round(answer.confidence, 4),
        "index": hit.index,
        "root": hit.root,
        "file": os.path.join(hit.root, hit.path),
        "path": hit.path,
        "document": hit.passage.document,
        "title": hit.title,
        "mark": answer.mark,
        "line": answer.line,
        "column": answer.column,
        "start": answer.start,
        "end": answer.end,
        "quote": answer.quote,
        "kind": answer.kind,
        "items": [asdict(each) for each in answer.items],
        "digest": hit.source.digest,
        "passage": hit.passage.digest,
        "stale": hit.stale,
        "verified": hit.verified,
    }


def hit_record(hit: Hit, rank: int) -> dict[str, Any]:
    """One hit, with what each stage thought of it."""
    passage, picture = hit.passage, Depicted.of(hit.metadata)
    return {
        "rank": rank,
        "kind": "text" if picture is None else "picture",
        "score": round(hit.score, 6),
        "index": hit.index,
        "relevance": round(hit.relevance, 4),
        "root": hit.root,
        "file": os.path.join(hit.root, hit.path),
        "path": hit.path,
        "document": passage.document,
        "title": hit.title,
        "format": hit.format,
        "date": hit.date,
        "author": hit.author,
        "metadata": dict(hit.metadata),
        "heading": hit.heading,
        "mark": hit.mark,
        "line": hit.line,
        "column": hit.column,
        "matches": [list(each) for each in hit.matches],
        "lines": [{"line": line, "text": text} for line, text in hit.lines],
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "digest": hit.source.digest,
        "passage": hit.passage.digest,
        "stale": hit.stale,
        "verified": hit.verified,
        "picture": picture_record(picture) if picture is not None else None,
        "like": like_record(hit.like) if hit.like is not None else None,
        "also": [place_record(each) for each in hit.also],
        "near": [place_record(each) for each in hit.near],
        "why": [{"stage": v.stage, "rank": v.rank, "score": round(v.score, 6)} for v in hit.why],
    }


def picture_record(picture: Depicted) -> dict[str, Any]:
    """A picture: its dots, and on a page where it stands, in points from the top left."""
    return {
        "width": picture.width,
        "height": picture.height,
        "page": picture.page or None,
        "box": list(picture.box) or None,
        "taken": picture.taken,
        "digest": picture.digest,
    }


def like_record(passage: Passage) -> dict[str, Any]:
    """What a hit is like, of the document that others were to be like."""
    return {
        "document": passage.document,
        "mark": passage.mark,
        "line": passage.line,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }


def place_record(place: Place) -> dict[str, Any]:
    """Another place of a hit's text."""
    return asdict(place)


def evidence_record(evidence: Evidence) -> dict[str, Any]:
    """Numbered passages, each for itself and all of them as text that can be pasted."""
    return {
        "schema": SCHEMA,
        "question": evidence.question,
        "tokens": evidence.tokens,
        "passages": [piece_record(each) for each in evidence.pieces],
        "text": str(evidence),
    }


def piece_record(piece: Piece) -> dict[str, Any]:
    """A stretch of a document with its number and place."""
    hit = piece.hit
    return {
        "number": piece.number,
        "index": hit.index,
        "root": hit.root,
        "file": os.path.join(hit.root, hit.path),
        "document": hit.passage.document,
        "title": hit.title,
        "date": hit.date,
        "mark": hit.passage.mark,
        "line": piece.line,
        "start": piece.start,
        "end": piece.end,
        "text": piece.text,
        "stale": hit.stale,
    }


def summary_record(summary: Summary) -> dict[str, Any]:
    """Sentences of documents that together answer."""
    return {
        "schema": SCHEMA,
        "question": summary.question,
        "sentences": [answer_record(each) for each in summary.sentences],
    }


def written_record(written: Written) -> dict[str, Any]:
    """What a model wrote and its passages bear out."""
    return {
        "schema": SCHEMA,
        "question": written.evidence.question,
        "written_by": written.model,
        "sentences": [{"text": e.text, "passages": list(e.numbers)} for e in written.claims],
        "left_out": dict(written.dropped),
        "passages": [piece_record(each) for each in written.evidence.pieces],
    }
