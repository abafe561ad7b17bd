"""Routes of people: the page, the answer on it, and each document."""

from __future__ import annotations

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from lepton_local.errors import InputError
from lepton_local.search.document import read
from lepton_local.serve import page
from lepton_local.serve.asking import QUESTION, answered
from lepton_local.serve.chips import chips
from lepton_local.serve.door import Door
from lepton_local.serve.pages import page_of, picture_url
from lepton_local.serve.request import K, number

_FILES = {"style.css": "text/css", "page.js": "text/javascript"}


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    def part(name: str, kind: str) -> Route:
        words = files("lepton_local.serve").joinpath(name).read_text(encoding="utf-8")

        async def given(request: Request) -> Response:
            return PlainTextResponse(words, media_type=kind)

        return Route(f"/{name}", given)

    async def start(request: Request) -> Response:
        return await door.turn(lambda: _start(door, request))

    async def document(request: Request) -> Response:
        return await door.turn(lambda: _document(door, request))

    return [
        Route("/", start),
        Route("/document", document),
        *(part(name, kind) for name, kind in _FILES.items()),
    ]


def _start(door: Door, request: Request) -> Response:
    question = request.query_params.get("q", "")
    if not question.strip():
        count = door.searchers().answering.index.documents
        return HTMLResponse(page.start_page(f"{count:,} documents, on this machine alone."))
    skip = number(request, "skip")
    told = QUESTION.checked({"question": question, "skip": skip})
    result = answered(door, told)
    narrow = chips(result, door.searchers().listing.index)
    return HTMLResponse(page.result_page(result, skipped=skip, k=K, narrow=narrow))


def _document(door: Door, request: Request) -> Response:
    question = request.query_params.get("q", "")
    first, last = number(request, "first"), number(request, "last")
    try:
        found = read(door.searchers().listing.index, request.query_params.get("name", ""))
    except InputError as error:
        return HTMLResponse(page.error_page(error.message, question), status_code=404)
    first = min(first, found.lines[-1][0])  # of a document that has become shorter, its end
    last = max(last, first)
    words = request.query_params.get("words", "") or " ".join(
        text for at, text in found.lines if first <= at <= last
    )
    shown = page_of(found, first)
    picture = picture_url(found.name, shown, words) if shown else ""
    return HTMLResponse(
        page.document_page(
            found, first=first or 1, last=last, asked=question, picture=picture, number=shown
        )
    )
