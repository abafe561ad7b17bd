"""Routes that tell how the server is: whether it lives, and what it asks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lepton_local.search.record import SCHEMA
from lepton_local.serve.door import Door


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def status(request: Request) -> Response:
        index = door.live.now().answering.index
        told = [{"index": each.index, "generation": each.generation} for each in index.snapshots]
        return JSONResponse(
            {
                "schema": SCHEMA,
                "indexes": told,
                "documents": index.documents,
                "passages": index.rows,
            }
        )

    return [Route("/healthz", health), Route("/v1/status", status)]
