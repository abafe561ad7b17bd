"""Routes in the shapes that other programs' clients speak already: a search of a vector store, as
of OpenAI, and a reranking, as of Cohere and Jina.

https://platform.openai.com/docs/api-reference/vector-stores/search
https://docs.cohere.com/reference/rerank
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lepton_local.errors import InputError
from lepton_local.models.roles import PassageText
from lepton_local.serve.door import Door
from lepton_local.serve.request import Body, K, Missing, Told
from lepton_local.types import Hit

ALL = "all"  # the store that is all indexes
SEARCH = Body(
    {"query": object},
    {"max_num_results": int, "filters": dict, "ranking_options": dict, "rewrite_query": bool},
)
RERANK = Body(
    {"query": str, "documents": object},
    {"model": str, "top_n": int, "return_documents": bool},
)
# The filter of ours that compares an attribute, by how it compares.
_COMPARED = {
    ("path", "eq"): "path:{}",
    ("document", "eq"): "path:{}",
    ("format", "eq"): "type:{}",
    ("language", "eq"): "lang:{}",
    ("author", "eq"): "author:{}",
    ("date", "gte"): "after:{}",
    ("date", "lt"): "before:{}",
    ("date", "eq"): "date:{}",
}
_TURNED = {"ne": "eq", "nin": "in"}


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    async def search(request: Request) -> Response:
        asked = SEARCH.read(await request.body())
        return await door.turn(lambda: JSONResponse(_page(door, request.path_params["id"], asked)))

    async def rerank(request: Request) -> Response:
        asked = RERANK.read(await request.body())
        return await door.turn(lambda: JSONResponse(_reranked(door, asked)))

    return [
        Route("/v1/vector_stores/{id}/search", search, methods=["POST"]),
        Route("/v1/rerank", rerank, methods=["POST"]),
    ]


def _page(door: Door, store: str, asked: Told) -> Told:
    try:
        searcher = door.searchers(() if store == ALL else (store,)).listing
    except InputError as error:
        raise Missing(error.message) from None
    queries = _texts("query", asked["query"])
    options = asked.get("ranking_options", {})
    least = options.get("score_threshold", 0)
    if not isinstance(least, int | float) or isinstance(least, bool):
        raise InputError(f"score_threshold is {least!r:.40}, expected a number from 0 to 1")
    filters = list(_filters(asked["filters"])) if "filters" in asked else []
    found: dict[str, Hit] = {}
    for query in queries:
        for hit in searcher.search(query, k=asked.get("max_num_results", K), filters=filters):
            best = found.setdefault(hit.passage.digest, hit)
            if hit.relevance > best.relevance:
                found[hit.passage.digest] = hit
    hits = sorted(found.values(), key=lambda hit: -hit.relevance)
    data = [_datum(hit) for hit in hits if hit.relevance >= least]
    return {
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": data[: asked.get("max_num_results", K)],
        "has_more": False,
        "next_page": None,
    }


def _datum(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "file_id": passage.document,
        "filename": hit.path.rpartition("/")[2],
        "score": round(hit.relevance, 4),
        "attributes": {
            "index": hit.index,
            "path": hit.path,
            "document": passage.document,
            "title": hit.title,
            "format": hit.format,
            "date": hit.date,
            "author": hit.author,
            "heading": hit.heading,
            "mark": hit.mark,
            "line": hit.line,
            "start": passage.start,
            "end": passage.end,
            "digest": hit.source.digest,
            "stale": hit.stale,
        },
        "content": [{"type": "text", "text": passage.text}],
    }


def _filters(told: Mapping[str, Any]) -> Iterator[str]:
    """Filters of ours that hold where these do. Raises InputError for those that we have not."""
    kind, key, value = told.get("type"), told.get("key"), told.get("value")
    if kind == "and" and isinstance(told.get("filters"), list):
        for each in told["filters"]:
            if not isinstance(each, dict):
                raise InputError(f"filters hold {each!r:.40}, expected objects")
            yield from _filters(each)
        return
    plain = _TURNED.get(str(kind), str(kind))
    many = value if plain == "in" and isinstance(value, list) else [value]
    ours = _COMPARED.get((str(key), "eq" if plain == "in" else plain))
    values = [each for each in many if isinstance(each, str) and each]
    if ours is None or not values or len(values) < len(many):
        known = ", ".join(f"{name} {how}" for name, how in _COMPARED)
        raise InputError(f"filter {json.dumps(told)[:120]} is unknown, expected {known} or and")
    yield f"{'-' if kind in _TURNED else ''}{ours.format(','.join(values))}"


def _reranked(door: Door, asked: Told) -> Told:
    documents = asked["documents"]
    if not isinstance(documents, list):
        raise InputError(f"documents is {documents!r:.80}, expected a list of texts")
    told = [each.get("text") if isinstance(each, dict) else each for each in documents]
    texts = _texts("documents", told)
    judge = door.searchers().answering.reranker
    logits = judge.score(asked["query"], [PassageText("", each) for each in texts])
    worth = 1 / (1 + np.exp(-logits.astype(np.float64)))
    best = np.argsort(-worth, kind="stable")[: asked.get("top_n", len(texts))].tolist()
    results: list[dict[str, Any]] = [
        {"index": each, "relevance_score": round(float(worth[each]), 6)} for each in best
    ]
    if asked.get("return_documents", False):
        results = [{**each, "document": {"text": texts[each["index"]]}} for each in results]
    return {"id": None, "model": judge.name, "results": results}


def _texts(name: str, value: Any) -> list[str]:
    """A text, or a list of them. Raises InputError for another thing."""
    many = [value] if isinstance(value, str) else value
    if not isinstance(many, list) or not many or not all(isinstance(each, str) for each in many):
        raise InputError(f"{name} is {value!r:.80}, expected text or a list of texts")
    return many
