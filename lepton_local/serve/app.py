"""The routes: a page for people, JSON for programs, both over one engine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from lepton_local.corpus.halves import whole
from lepton_local.errors import InputError, LeptonError
from lepton_local.search.documents import document_lines
from lepton_local.search.record import SCHEMA, result_record
from lepton_local.serve import page
from lepton_local.serve.live import Live
from lepton_local.types import Result

K, MOST_HITS, MOST_QUESTION = 10, 50, 2_000
WAITING = 16  # requests that may wait for a core; a further one is to come again
FIELDS = {"question": str, "k": int, "skip": int, "filters": list}
_STYLE = files("lepton_local.serve").joinpath("style.css").read_text(encoding="utf-8")


class Busy(Exception):
    """More is asked than is answered."""


class Door:
    """What the routes share: the indexes, and how many may ask at once."""

    def __init__(self, live: Live, *, cores: int) -> None:
        self.live = live
        self._room = threading.BoundedSemaphore(cores + WAITING)
        self._core = threading.BoundedSemaphore(cores)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a core; Busy where too many wait already."""
        if not self._room.acquire(blocking=False):
            raise Busy
        try:
            with self._core:
                yield
        finally:
            self._room.release()

    def asked(self, told: dict[str, Any], *, answering: bool) -> Result:
        """Ask what a request tells. Raises InputError."""
        question, k, skip = told["question"], told.get("k", K), told.get("skip", 0)
        if len(question) > MOST_QUESTION:
            raise InputError(
                f"question has {len(question):,} characters, expected {MOST_QUESTION:,}"
            )
        if not 1 <= k <= MOST_HITS:
            raise InputError(f"k is {k}, expected 1 to {MOST_HITS}")
        now = self.live.now()
        searcher = now.answering if answering else now.listing
        return searcher.answer(question, k=k, skip=skip, filters=told.get("filters", []))


def app(live: Live, *, cores: int) -> Starlette:
    """The application, without its guard. cores: questions that are answered side by side."""
    door = Door(live, cores=cores)

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def style(request: Request) -> Response:
        return PlainTextResponse(_STYLE, media_type="text/css")

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

    def start(request: Request) -> Response:
        asked = request.query_params.get("q", "")
        if not asked.strip():
            count = door.live.now().answering.index.documents
            return HTMLResponse(page.start_page(f"{count:,} documents, on this machine alone."))
        skip = _number(request, "skip")
        with door.turn():
            result = door.asked({"question": asked, "skip": skip}, answering=True)
        return HTMLResponse(page.result_page(result, skipped=skip, k=K))

    def document(request: Request) -> Response:
        asked = request.query_params.get("q", "")
        first, last = _number(request, "first"), _number(request, "last")
        with door.turn():
            index = door.live.now().listing.index
            try:
                named = document_lines(index, request.query_params.get("name", ""))
                name, lines = next(iter(named))
            except InputError as error:
                return HTMLResponse(page.error_page(error.message, asked), status_code=404)
        if not lines:
            told = f"{name} has no such lines"
            return HTMLResponse(page.error_page(told, asked), status_code=404)
        first = min(first, lines[-1][0])  # of a document that has become shorter, its end
        return HTMLResponse(
            page.document_page(name, lines, first=first or 1, last=max(last, first), asked=asked)
        )

    return Starlette(
        routes=[
            Route("/", start),
            Route("/document", document),
            Route("/style.css", style),
            Route("/healthz", health),
            Route("/v1/status", status),
            Route(
                "/v1/ask",
                _json(lambda told: door.asked(told, answering=True), door),
                methods=["POST"],
            ),
            Route(
                "/v1/search",
                _json(lambda told: door.asked(told, answering=False), door),
                methods=["POST"],
            ),
        ],
        exception_handlers={Busy: _busy, LeptonError: _wrong},
    )


def _json(ask: Callable[[dict[str, Any]], Result], door: Door) -> Any:
    """A route that is told and tells JSON."""

    async def route(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        def answer(body: bytes) -> Response:
            told = _told(body)
            with door.turn():
                result = ask(told)
            return JSONResponse(result_record(result, skipped=told.get("skip", 0)))

        return await run_in_threadpool(answer, await request.body())

    return route


def _told(body: bytes) -> dict[str, Any]:
    """What a body asks. Raises InputError for another thing than {"question": …}."""
    expected = '{"question": "…"}, with "k", "skip" and "filters" where wanted'
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise InputError(f"the body is no JSON, expected {expected}") from None
    if not isinstance(told, dict) or "question" not in told:
        raise InputError(f"the body asks nothing, expected {expected}")
    for name, value in told.items():
        kind = FIELDS.get(name)
        if kind is None or not isinstance(value, kind) or isinstance(value, bool):
            raise InputError(f"{name!r} is {value!r:.80}, expected {expected}")
    if not all(isinstance(each, str) for each in told.get("filters", [])):
        raise InputError("'filters' holds something else than text")
    return told | {"question": whole(told["question"])}  # the answer repeats it


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not text.isdecimal() or len(text) > 9:
        raise InputError(f"{name} is {text!r:.80}, expected a number")
    return int(text)


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
