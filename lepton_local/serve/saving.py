"""The route that gives an answer as a file that can be sent, as `query --html` writes it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from lepton_local.saved.file import saved
from lepton_local.serve.asking import QUESTION
from lepton_local.serve.door import Door
from lepton_local.serve.request import K

NAME = "answer.html"


def routes(door: Door) -> list[Route]:
    """The route of this file."""

    async def save(request: Request) -> Response:
        asked = QUESTION.checked({"question": request.query_params.get("q", "")})

        def whole() -> bytes:
            searcher = door.searchers().answering
            return saved(searcher.answer(asked["question"], k=K), searcher.index)

        named = {"Content-Disposition": f'attachment; filename="{NAME}"'}
        return HTMLResponse(await door.turn(whole), headers=named)

    return [Route("/save", save)]
