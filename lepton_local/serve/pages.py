"""The route of pages of PDFs as pictures, with the words that were found marked on them."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lepton_local.corpus.picture import MOST_WORDS, page_picture
from lepton_local.errors import InputError, SourceError
from lepton_local.search.document import read
from lepton_local.serve.door import Door
from lepton_local.serve.request import Missing
from lepton_local.types import Source

KEPT = 16  # pictures that a server remembers, of some hundred kilobytes each


def routes(door: Door) -> list[Route]:
    """The route of this file."""

    async def picture(request: Request) -> Response:
        return await door.turn(lambda: _picture(door, request))

    return [Route("/v1/pages/{id:path}/{number:int}.png", picture)]


def picture_url(name: str, page: int, words: str) -> str:
    """Where the picture of a page is to be had."""
    return f"/v1/pages/{quote(name)}/{page}.png?{urlencode({'words': words[:MOST_WORDS]})}"


def _picture(door: Door, request: Request) -> Response:
    name, number = request.path_params["id"], request.path_params["number"]
    index = door.searchers(request.query_params.getlist("indexes")).listing.index
    try:
        found = read(index, name)
        if not found.page_of(1):
            raise Missing(f"{name} has no pages to be shown, expected a PDF file")
        told = found.told
        source = Source(told["root"], told["path"], told["size"], 0, told["digest"])
        png = _drawn(source, number, request.query_params.get("words", "")[:MOST_WORDS])
    except (InputError, SourceError) as error:
        raise Missing(error.message if isinstance(error, InputError) else str(error)) from None
    return Response(png, media_type="image/png")


@lru_cache(KEPT)
def _drawn(source: Source, number: int, words: str) -> bytes:
    return page_picture(source, number, words)
