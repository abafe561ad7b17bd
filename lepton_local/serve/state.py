"""Routes that tell how the server is: whether it lives, what it asks, and how it is asked."""

from __future__ import annotations

import json
from importlib.resources import files

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lepton_local.search.record import SCHEMA
from lepton_local.serve.door import Door
from lepton_local.serve.reply import told

_ROUTES = files("lepton_local.serve").joinpath("openapi.json").read_text(encoding="utf-8")


def routes(door: Door) -> list[Route]:
    """The routes of this file. None of them waits for a core."""

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def described(request: Request) -> Response:
        return told(request, json.loads(_ROUTES))

    async def status(request: Request) -> Response:
        return await run_in_threadpool(lambda: told(request, _status(door)))

    return [
        Route("/healthz", health),
        Route("/openapi.json", described),
        Route("/v1/status", status),
    ]


def _status(door: Door) -> dict[str, object]:
    now = door.now()
    index = now.listing.index
    return {
        "schema": SCHEMA,
        "indexes": [
            {
                "name": name,
                "index": str(each.path),
                "generation": each.manifest.generation,
                "documents": each.documents,
                "passages": each.rows,
            }
            for name, each in now.members.items()
        ],
        "documents": index.documents,
        "passages": index.rows,
    }
