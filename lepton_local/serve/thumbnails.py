"""The route of pictures that were found, small, and how a hit shows one."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lepton_local.corpus.thumbnail import thumbnail
from lepton_local.errors import InputError, SourceError
from lepton_local.saved.markup import text
from lepton_local.search.document import read
from lepton_local.search.seen import picture_of, told_of, words_of
from lepton_local.serve.door import Door
from lepton_local.serve.request import Missing
from lepton_local.store.pictured import Depicted
from lepton_local.store.typed import strings
from lepton_local.types import Hit, Source

KEPT = 64  # pictures that a server remembers, of a hundred kilobytes each


def routes(door: Door) -> list[Route]:
    """The route of this file."""

    async def picture(request: Request) -> Response:
        return await door.turn(lambda: _picture(door, request))

    return [Route("/v1/pictures/{id:path}.png", picture)]


def figure(hit: Hit) -> str:
    """A hit as a picture with what is known of it; "" of what is no picture."""
    picture = picture_of(hit)
    if picture is None:
        return ""
    place = escape(f"/v1/pictures/{quote(hit.passage.document)}.png")
    said = escape(words_of(hit) or hit.title)
    return (
        f'<figure class=seen><img src="{place}" alt="{said}" loading=lazy>'
        f"<figcaption>{text(told_of(hit))}</figcaption></figure>"
    )


def _picture(door: Door, request: Request) -> Response:
    name = request.path_params["id"]
    index = door.searchers(request.query_params.getlist("indexes")).listing.index
    try:
        told = read(index, name).told
        if Depicted.of(strings(told["metadata"])) is None:
            raise Missing(f"{name} is no picture")
        source = Source(told["root"], told["path"], told["size"], 0, told["digest"])
        png = _drawn(source, told["key"])
    except (InputError, SourceError) as error:
        raise Missing(error.message if isinstance(error, InputError) else str(error)) from None
    return Response(png, media_type="image/png")


@lru_cache(KEPT)
def _drawn(source: Source, key: str) -> bytes:
    return thumbnail(source, key)
