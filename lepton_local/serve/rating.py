"""Routes that keep what a person says of an answer or a passage: for programs, and for the buttons
of the page; and, where that was asked for, which passages are opened and copied there.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from lepton_local.errors import InputError
from lepton_local.search.marked import rows_of
from lepton_local.search.question import parse_question
from lepton_local.search.record import SCHEMA
from lepton_local.serve.asking import answered
from lepton_local.serve.door import Door
from lepton_local.serve.reply import refused, told
from lepton_local.serve.request import Body, K, Missing, Told
from lepton_local.store.feedback import (
    COPIED,
    JUDGEMENTS,
    OPENED,
    Event,
    Feedback,
    Judged,
    asked_with,
    event_record,
    judged,
    now,
)

SAID = Body(
    {"question": str, "good": bool},
    {"hit": int, "answer": str, "comment": str, "filters": list, "indexes": list},
)
USED = Body({"question": str, "action": str, "passage": str, "hit": int})
FORM = Body({"question": str, "good": str}, {"hit": int})


def routes(door: Door) -> list[Route]:
    """The routes of this file."""

    async def feedback(request: Request) -> Response:
        if door.is_limited:  # what is kept moves the passages of all who ask
            return refused("a token for some documents alone keeps nothing", 403)
        asked = await SAID.told(request)
        return await door.turn(lambda: told(request, _kept(door, asked)))

    async def rate(request: Request) -> Response:
        if door.is_limited:
            raise HTTPException(403, "a token for some documents alone keeps nothing")
        given = dict(parse_qsl((await request.body()).decode(errors="replace")))
        hit = given.pop("hit", "0")
        asked = FORM.checked({**given, "hit": int(hit) if hit.isdecimal() else -1})
        asked["good"] = asked["good"] == "yes"
        await door.turn(lambda: _kept(door, asked))
        back = urlencode({"q": asked["question"]})
        return RedirectResponse(f"/?{back}", status_code=303)

    async def use(request: Request) -> Response:
        if door.is_limited:
            raise HTTPException(403, "a token for some documents alone keeps nothing")
        asked = await USED.told(request)
        await door.turn(lambda: _used(door, asked))
        return Response(status_code=204)

    return [
        Route("/v1/feedback", feedback, methods=["POST"]),
        Route("/rate", rate, methods=["POST"]),
        *([Route("/use", use, methods=["POST"])] if door.records else ()),
    ]


def _kept(door: Door, asked: Told) -> Told:
    """The question is asked again, as it was, and what is said of it kept."""
    hit = asked.get("hit", 0)
    again: Told = {"k": max(K, hit)}
    again |= {name: asked[name] for name in ("question", "filters", "indexes") if name in asked}
    result = answered(door, again, answering=not hit)
    kind = JUDGEMENTS["hit" if hit else "answer"][asked["good"]]
    event = judged(
        result,
        kind,
        hit=hit,
        said=asked.get("answer", ""),
        comment=asked.get("comment", ""),
    )
    about = result.hits[hit - 1] if hit else result.answer.hit if result.answer else None
    Feedback(about.index if about else result.indexes[0].index).add(event)
    return {"schema": SCHEMA, **event_record(event)}


def _used(door: Door, asked: Told) -> None:
    """Keep that a passage, which a question has found, was opened or copied. Raises InputError for
    one that is not there.
    """
    index, name = door.now().listing.index, asked["passage"]
    if asked["action"] not in (OPENED, COPIED):
        raise InputError(f"action is {asked['action']!r:.40}, expected {OPENED} or {COPIED}")
    row = next((row for row, _ in rows_of(index, [name])), None)
    if row is None:
        raise Missing(f"{name:.40} is no passage, expected one as the page names it")
    rows = np.array([row])
    (passage,) = index.take_passages(rows, ["document", "start", "end"]).to_pylist()
    numbers = np.array([passage["document"]])
    (document,) = index.take_documents(numbers, ["path", "key"]).to_pylist()
    path, key = document["path"], document["key"]
    named = f"{path}#{key}" if key else path
    member = index.members[int(index.members_of(rows)[0])]
    question = parse_question(asked["question"])
    event = Event(
        asked["action"],
        now(),
        question.text,
        member.manifest.generation,
        (name,),
        Judged(name, named, passage["start"], passage["end"], asked["hit"]),
        filters=asked_with((*question.conditions, *question.filters)),
    )
    Feedback(member.place).add(event)
