"""The application: the routes of each file in one table, over one engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute

from lepton_local.errors import InputError, LeptonError
from lepton_local.search.record import SCHEMA
from lepton_local.serve import asking, page, state, views
from lepton_local.serve.door import Busy, Door
from lepton_local.serve.live import Live

# A further file of routes is a line here. Each of them is a function of the request, or, for what
# takes a core, a coroutine that awaits its turn at the door. Bodies are read by request.Body.
ROUTES: Sequence[Callable[[Door], Sequence[BaseRoute]]] = (
    views.routes,
    state.routes,
    asking.routes,
)


def app(live: Live, *, cores: int) -> Starlette:
    """The application, without its guard. cores: questions that are answered side by side."""
    door = Door(live, cores=cores)
    return Starlette(
        routes=[route for made in ROUTES for route in made(door)],
        exception_handlers={Busy: _busy, LeptonError: _wrong},
    )


def _wrong(request: Request, error: Exception) -> Response:
    """A question that cannot be asked, or an index that cannot be opened now; to the page or as
    JSON. What to type now is for a command line.
    """
    assert isinstance(error, LeptonError)
    status, later = (400, {}) if isinstance(error, InputError) else (503, {"Retry-After": "2"})
    if request.url.path.startswith("/v1/"):
        told = {"schema": SCHEMA, "error": error.message}
        return JSONResponse(told, status_code=status, headers=later)
    shown = page.error_page(error.message, request.query_params.get("q", ""))
    return HTMLResponse(shown, status_code=status, headers=later)


def _busy(request: Request, error: Exception) -> Response:
    return PlainTextResponse("busy\n", status_code=503, headers={"Retry-After": "1"})
