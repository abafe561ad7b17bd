"""Routes of programs that ask: the answer, or the passages alone, as the record of a query."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lepton_local.errors import InputError
from lepton_local.search.record import result_record
from lepton_local.serve.door import Door
from lepton_local.serve.request import Body, Told
from lepton_local.types import Result

K, MOST_HITS, MOST_QUESTION = 10, 50, 2_000
QUESTION = Body({"question": str}, {"k": int, "skip": int, "filters": list})


def asked(door: Door, told: Told, *, answering: bool) -> Result:
    """Ask what a request tells. Raises InputError."""
    question, k, skip = told["question"], told.get("k", K), told.get("skip", 0)
    if len(question) > MOST_QUESTION:
        raise InputError(f"question has {len(question):,} characters, expected {MOST_QUESTION:,}")
    if not 1 <= k <= MOST_HITS:
        raise InputError(f"k is {k}, expected 1 to {MOST_HITS}")
    now = door.live.now()
    searcher = now.answering if answering else now.listing
    return searcher.answer(question, k=k, skip=skip, filters=told.get("filters", []))


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    async def ask(request: Request) -> Response:
        return await answered(request, answering=True)

    async def search(request: Request) -> Response:
        return await answered(request, answering=False)

    async def answered(request: Request, *, answering: bool) -> Response:
        body = await request.body()

        def answer() -> Response:
            told = QUESTION.read(body)
            result = asked(door, told, answering=answering)
            return JSONResponse(result_record(result, skipped=told.get("skip", 0)))

        return await door.turn(answer)

    return [
        Route("/v1/ask", ask, methods=["POST"]),
        Route("/v1/search", search, methods=["POST"]),
    ]
