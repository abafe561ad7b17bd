"""Routes of programs that read: a document by its lines, and the documents like another."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lepton_local.errors import InputError
from lepton_local.search.document import is_document, read
from lepton_local.search.record import SCHEMA, hit_record
from lepton_local.serve.door import Door
from lepton_local.serve.reply import told
from lepton_local.serve.request import Body, K, Missing, Told, number

MOST_LINES = 2_000  # of a document, in one answer
LIKE = Body({}, {"document": str, "text": str, "k": int, "filters": list, "indexes": list})


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    async def document(request: Request) -> Response:
        return await door.turn(lambda: told(request, _document(door, request)))

    async def similar(request: Request) -> Response:
        asked = await LIKE.told(request)
        return await door.turn(lambda: told(request, _similar(door, asked)))

    return [
        Route("/v1/documents/{id:path}", document),
        Route("/v1/similar", similar, methods=["GET", "POST"]),
    ]


def _document(door: Door, request: Request) -> Told:
    searchers = door.searchers(request.query_params.getlist("indexes"))
    first, last = number(request, "first") or 1, number(request, "last")
    most = first + MOST_LINES - 1
    try:
        found = read(searchers.listing.index, request.path_params["id"])
    except InputError as error:
        raise Missing(error.message) from None
    return {"schema": SCHEMA, **found.record(first=first, last=min(last or most, most))}


def _similar(door: Door, asked: Told) -> Told:
    """Never of a file that is in no index: who asks may be another than whose files they are."""
    searcher = door.searchers(asked.get("indexes", ())).listing
    index, name, text = searcher.index, asked.get("document"), asked.get("text")
    if (name is None) == (text is None):
        raise InputError("the body names no one thing, expected a document or a text")
    if name is not None and not is_document(index, name):
        raise Missing(f"{name} is not in the index, expected a document as results cite it")
    hits = searcher.similar(
        name if name is not None else str(text),
        text=text is not None,
        k=asked.get("k", K),
        filters=asked.get("filters", ()),
    )
    return {
        "schema": SCHEMA,
        "like": name,
        "index": index.snapshots[0].index,
        "generation": index.snapshots[0].generation,
        "indexes": [
            {"index": each.index, "generation": each.generation} for each in index.snapshots
        ],
        "hits": [hit_record(hit, rank) for rank, hit in enumerate(hits, 1)],
    }
