"""Routes of programs that ask: the answer, or the passages alone, as the record of a query."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from lepton_local.errors import InputError, LeptonError
from lepton_local.search.faq import SHOWN, Reply, reply
from lepton_local.search.faq_record import reply_record
from lepton_local.search.record import SCHEMA, result_record
from lepton_local.serve.door import Busy, Door
from lepton_local.serve.reply import told
from lepton_local.serve.request import Body, K, Told
from lepton_local.types import Result

EVENTS = "text/event-stream"
QUESTION = Body({"question": str}, {"k": int, "skip": int, "filters": list, "indexes": list})
ASKED = Body(QUESTION.must, {**QUESTION.may, "mode": str, "before": str})
ANSWER, FAQ = MODES = ("answer", "faq")

Event = tuple[str, Mapping[str, Any]]


def answered(door: Door, asked: Told, *, answering: bool = True, related: bool = False) -> Result:
    """Ask what a request tells. Raises InputError."""
    searchers = door.searchers(asked.get("indexes", ()))
    searcher = searchers.answering if answering else searchers.listing
    return searcher.answer(
        asked["question"],
        k=asked.get("k", K),
        skip=asked.get("skip", 0),
        filters=asked.get("filters", ()),
        related=related,
    )


def replied(door: Door, asked: Told) -> Reply:
    """The stored answer to what a request tells. Raises InputError."""
    searcher = door.searchers(asked.get("indexes", ())).pairs
    return reply(
        searcher,
        asked["question"],
        k=asked.get("k", SHOWN),
        filters=asked.get("filters", ()),
        before=asked.get("before", ""),
    )


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    async def ask(request: Request) -> Response:
        asked = _in_mode(await ASKED.told(request))
        if EVENTS in request.headers.get("accept", ""):
            return await _streamed(door, _events(door, asked))
        return await whole(request, asked, answering=True)

    async def search(request: Request) -> Response:
        return await whole(request, await QUESTION.told(request), answering=False)

    async def whole(request: Request, asked: Told, *, answering: bool) -> Response:
        def answer() -> Response:
            if asked.get("mode") == FAQ:
                return told(request, reply_record(replied(door, asked)))
            result = answered(door, asked, answering=answering)
            return told(request, result_record(result, skipped=asked.get("skip", 0)))

        return await door.turn(answer)

    methods = ["GET", "POST"]
    return [
        Route("/v1/ask", ask, methods=methods),
        Route("/v1/search", search, methods=methods),
    ]


def _in_mode(asked: Told) -> Told:
    """What was asked, if it can be asked in its mode. Raises InputError."""
    mode = asked.get("mode", ANSWER)
    if mode not in MODES:
        raise InputError(f"mode is {mode!r:.60}, expected {' or '.join(MODES)}")
    alone = {FAQ: ("skip",), ANSWER: ("before",)}[mode]
    if wrong := next((name for name in alone if name in asked), ""):
        raise InputError(f"{wrong!r} was given in mode {mode}, expected it in the other alone")
    return asked


def _events(door: Door, asked: Told) -> Iterator[Event]:
    """What is known of an answer, as soon as it is: the passages before anything has judged them,
    then all of the answer, then the questions near it.
    """
    if asked.get("mode") == FAQ:
        yield "answer", reply_record(replied(door, asked))
        yield "done", {"schema": SCHEMA}
        return
    skip = asked.get("skip", 0)
    searcher = door.searchers(asked.get("indexes", ())).answering
    stages = searcher.stages(
        asked["question"], k=asked.get("k", K), skip=skip, filters=asked.get("filters", ())
    )
    first = result_record(next(stages), skipped=skip)
    kept = ("schema", "question", "index", "generation", "indexes", "corrections", "hits")
    yield "hits", {name: first[name] for name in kept}
    last = result_record(next(stages), skipped=skip)
    yield "answer", last
    yield "related", {"schema": SCHEMA, "related": result_record(next(stages))["related"]}
    yield (
        "done",
        {"schema": SCHEMA, "generation": last["generation"], "seconds": last["seconds"]},
    )


async def _streamed(door: Door, events: Iterator[Event]) -> Response:
    """These events, each as soon as it is there; a core is held for one at a time. What goes wrong
    with the first is no event, but an answer of another status.
    """
    first = await door.turn(lambda: next(events))

    async def lines() -> AsyncIterator[str]:
        event: Event | None = first
        while event is not None:
            name, record = event
            yield f"event: {name}\ndata: {json.dumps(record)}\n\n"
            try:
                event = await door.turn(lambda: next(events, None))
            except (LeptonError, Busy) as error:
                error_record = {"schema": SCHEMA, "error": getattr(error, "message", "busy")}
                yield f"event: error\ndata: {json.dumps(error_record)}\n\n"
                return

    return StreamingResponse(lines(), media_type=EVENTS)
