"""The application: the routes of each file in one table, over one engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from lepton_local.errors import InputError, LeptonError
from lepton_local.serve import (
    aliases,
    asking,
    opening,
    page,
    pages,
    rating,
    reading,
    saving,
    state,
    tables,
    thumbnails,
    views,
)
from lepton_local.serve.door import Busy, Door
from lepton_local.serve.live import Live
from lepton_local.serve.ready import notify
from lepton_local.serve.reply import is_program, refused
from lepton_local.serve.request import Missing

# A further file of routes is a line here, and its paths are told of in openapi.json. What takes a
# core awaits its turn at the door; bodies are read by request.Body, records sent by reply.told.
ROUTES: Sequence[Callable[[Door], Sequence[BaseRoute]]] = (
    views.routes,
    state.routes,
    asking.routes,
    reading.routes,
    pages.routes,
    thumbnails.routes,
    saving.routes,
    rating.routes,
    tables.routes,
    opening.routes,
    aliases.routes,
)


def app(
    live: Live,
    *,
    cores: int,
    opens: bool = False,
    theme: str = "auto",
    records: bool = False,
    version: str = "",
) -> Starlette:
    """The application, without its guard. version: of this server, for agents ("": they are not
    served); all else: see Door.
    """
    door = Door(live, cores=cores, opens=opens, theme=theme, records=records)
    made = [route for routes in ROUTES for route in routes(door)]
    running: AbstractAsyncContextManager[None] = nullcontext()
    if version:
        from lepton_local.serve import mcp

        agents, running = mcp.agents(door, version=version)
        made.extend(agents)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running:
            notify("READY=1")
            yield
            notify("STOPPING=1")

    return Starlette(
        routes=made,
        lifespan=lifespan,
        exception_handlers={
            Busy: _busy,
            LeptonError: _wrong,
            HTTPException: _not_routed,
            Exception: _failed,
        },
    )


def _wrong(request: Request, error: Exception) -> Response:
    """A question that cannot be asked, what is not there, or an index that cannot be opened now.
    What to type now is for a command line.
    """
    assert isinstance(error, LeptonError)
    if isinstance(error, InputError):
        return _said(request, error.message, 404 if isinstance(error, Missing) else 400)
    return _said(request, error.message, 503, {"Retry-After": "2"})


def _busy(request: Request, error: Exception) -> Response:
    return _said(request, "more is asked than is answered", 503, {"Retry-After": "1"})


def _not_routed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _said(request, error.detail.lower(), error.status_code, dict(error.headers or {}))


def _failed(request: Request, error: Exception) -> Response:
    return _said(request, "the server has failed at this", 500)


def _said(
    request: Request, error: str, status: int, headers: dict[str, str] | None = None
) -> Response:
    """To the page, or as JSON."""
    if is_program(request.url.path):
        return refused(error, status, headers)
    shown = page.error_page(error, request.query_params.get("q", ""))
    return HTMLResponse(shown, status_code=status, headers=headers)
