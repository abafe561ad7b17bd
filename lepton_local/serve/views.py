"""Routes of people: the page, the answer on it, and each document."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from lepton_local.errors import InputError
from lepton_local.search.document import read
from lepton_local.search.follow import Turn, complete, meanings
from lepton_local.search.session import clarified
from lepton_local.search.sources import Freshness, prove_lines
from lepton_local.serve import page, stored
from lepton_local.serve.asking import ASKED, FAQ, QUESTION, answered, replied
from lepton_local.serve.chips import chips
from lepton_local.serve.document import document_page
from lepton_local.serve.door import Door
from lepton_local.serve.pages import picture_url
from lepton_local.serve.request import LONGEST, K, number
from lepton_local.types import Source

_SEARCH = """<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>lepton-local</ShortName>
<Description>Search your documents, on this machine</Description>
<InputEncoding>UTF-8</InputEncoding>
<Url type="text/html" template="{scheme}://{host}/?q={{searchTerms}}"/>
</OpenSearchDescription>
"""
_FILES = {"style.css": "text/css", "page.js": "text/javascript"}


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    def part(name: str, kind: str) -> Route:
        words = files("lepton_local.serve").joinpath(name).read_text(encoding="utf-8")
        if name == "style.css" and door.theme != "auto":
            words += f":root {{ color-scheme: {door.theme}; }}\n"

        async def given(request: Request) -> Response:
            return PlainTextResponse(words, media_type=kind)

        return Route(f"/{name}", given)

    fresh = Freshness()

    async def start(request: Request) -> Response:
        return await door.turn(lambda: _start(door, request))

    async def document(request: Request) -> Response:
        return await door.turn(lambda: _document(door, request, fresh))

    async def search(request: Request) -> Response:
        """How a browser searches here from its own field; the guard has looked at the host."""
        told = _SEARCH.format(scheme=request.url.scheme, host=request.headers["host"])
        return Response(told, media_type="application/opensearchdescription+xml")

    return [
        Route("/", start),
        Route("/search.xml", search),
        Route("/document", document),
        *(part(name, kind) for name, kind in _FILES.items()),
    ]


def _start(door: Door, request: Request) -> Response:
    question = request.query_params.get("q", "")
    if request.query_params.get("mode") == FAQ:
        return HTMLResponse(_stored(door, question, request.query_params.get("after", "")))
    if not question.strip():
        count = door.searchers().answering.index.documents
        about = f"{count:,} documents, on this machine alone."
        return HTMLResponse(page.start_page(about, records=_records(door)))
    skip = number(request, "skip")
    told = QUESTION.checked({"question": question, "skip": skip})
    after = request.query_params.get("after", "")[: LONGEST["question"]]
    ways = meanings(question, [Turn(after)] if after else [])
    asked = [complete(question, [each.word for each in way]) for way in ways]
    first = not told.get("skip")
    results = [answered(door, told | {"question": each}, related=first) for each in asked]
    result = replace(
        results[0],
        question=question,
        carried=tuple(each.word for each in ways[0]),
        origins=ways[0],
        clarify=clarified(ways, results),
    )
    narrow = chips(result, door.searchers().listing.index)
    shown = page.result_page(result, skipped=skip, k=K, narrow=narrow, records=_records(door))
    return HTMLResponse(shown)


def _records(door: Door) -> bool:
    """Whether what whoever asks now opens and copies is kept."""
    return door.records and not door.is_limited


def _stored(door: Door, question: str, before: str) -> str:
    if not question.strip():
        return stored.start_page()
    asked = ASKED.checked({"question": question, "before": before[: LONGEST["question"]]})
    return stored.reply_page(replied(door, asked))


def _document(door: Door, request: Request, fresh: Freshness) -> Response:
    asks = request.query_params
    question = asks.get("q", "")
    index = door.searchers().listing.index
    first, last = number(request, "first"), number(request, "last")
    try:
        found = read(index, asks.get("name", ""))
    except InputError as error:
        return HTMLResponse(page.error_page(error.message, question), status_code=404)
    first = min(first, found.lines[-1][0])  # of a document that has become shorter, its end
    last = max(last, first)
    words = asks.get("words", "")
    lines = " ".join(text for at, text in found.lines if first <= at <= last)
    shown = found.page_of(first)
    picture = picture_url(found.name, shown, words or lines) if shown else ""
    told = found.told
    stale = fresh.is_stale(Source(told["root"], told["path"], told["size"], 0, told["digest"]))
    last = min(last, found.lines[-1][0])
    proven = prove_lines(found, index, first=first, last=last) if "prove" in asks else None
    return HTMLResponse(
        document_page(
            found,
            first=first or 1,
            last=last,
            asked=question,
            words=words,
            picture=picture,
            number=shown,
            stale=stale,
            proven=proven,
            opens=door.opens,
        )
    )
